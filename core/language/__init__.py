"""What a text consists of: sentences, words and their kinds, names; and which language it is in.

Everything works without the extra `language`, by rules and less well. `models` alone knows spaCy.
"""
