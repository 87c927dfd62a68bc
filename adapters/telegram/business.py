"""Business accounts for which the bot answers (core.telegram.org/bots/features#bots-for-business)."""

from pydantic import ValidationError

from adapters.telegram.api import Api
from adapters.telegram.payload import BusinessConnection, Update
from core.errors import RateLimited, Refused, Unreachable
from core.ports import Cabinet


class Businesses:
    """Remembers who owns each account, so that the bot never answers its owner."""

    def __init__(self, *, api: Api, cabinet: Cabinet) -> None:
        self._api = api
        self._cabinet = cabinet

    async def keep(self, connection: BusinessConnection) -> None:
        """Remember a connection as it is now.

        Raises:
            StoreError: it is not remembered.
        """
        await self._cabinet.put(self._name(connection.id), connection.model_dump_json())

    async def of(self, update: Update) -> BusinessConnection | None:
        """The connection through which an update came; None for an ordinary one or a connection that ended.

        Raises:
            StoreError, Unreachable, RateLimited: ask again.
        """
        message = update.business_message or update.edited_business_message
        if message is None:
            return None
        kept = await self._cabinet.get(self._name(message.business_connection_id))
        if kept is not None:
            return BusinessConnection.model_validate_json(kept)
        return await self._asked(message.business_connection_id)

    async def _asked(self, connection_id: str) -> BusinessConnection | None:
        try:
            async with self._api.calling() as bot:
                answer = await bot.get_business_connection(connection_id)
            connection = BusinessConnection.model_validate_json(answer.to_json())
        except (Unreachable, RateLimited):
            raise
        except (Refused, ValidationError):
            return None
        await self.keep(connection)
        return connection

    def _name(self, connection_id: str) -> str:
        return f"telegram:{self._api.bot_id}:business:{connection_id}"
