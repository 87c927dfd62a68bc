"""`frontdesk doctor`: what an operator gets wrong, found before people do, each with its mend.

Nothing is changed, neither here nor on a platform.
"""
