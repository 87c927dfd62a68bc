"""The engine under load: policies compared in a simulation and on the real model."""
