"""The store in a Postgres database, which any number of cores on any number of machines may share.

Of the extra `postgres`: import it only where FRONTDESK_DATABASE_URL is set.
"""
