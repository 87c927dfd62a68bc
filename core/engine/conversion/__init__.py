"""Bring a model of another format into CTranslate2's, with everything the engine must know about it."""
