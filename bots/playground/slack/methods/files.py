"""files.* (docs.slack.dev/messaging/working-with-files): reserve, upload, complete, and read back."""

import mimetypes

from bots.playground.slack.blocks import check_blocks
from bots.playground.slack.errors import SlackError
from bots.playground.slack.forms import file_form
from bots.playground.slack.ids import new_id, secret
from bots.playground.slack.methods.call import Call, Method
from bots.playground.slack.methods.chat import author, thread_of, with_ids
from bots.playground.slack.state import Channel, File, Message, Payload

MAX_LENGTH = 1_073_741_824


def get_upload_url(call: Call) -> Payload:
    """files.getUploadURLExternal."""
    name = call.arguments.required("filename")
    length = call.arguments.number("length", 0, 1, MAX_LENGTH, "invalid_arguments")
    if length == 0:
        raise SlackError("invalid_arguments")
    file = File(
        id=new_id("F"),
        team_id=call.installation.team_id,
        user=call.bot.id,
        name=name,
        title=name,
        created=int(call.platform.now()),
        length=length,
        mimetype=mimetypes.guess_type(name)[0] or "application/octet-stream",
        upload_key=secret(""),
    )
    call.world.files[file.id] = file
    return {"upload_url": f"{call.world.url}/upload/v1/{file.upload_key}", "file_id": file.id}


def complete_upload(call: Call) -> Payload:
    """files.completeUploadExternal."""
    files = [_uploaded(call, each) for each in call.arguments.objects("files") or []]
    if not files:
        raise SlackError("invalid_arguments")
    if "channel_id" in call.arguments:
        _share(call, call.joined("channel_id"), files)
    return {"files": [file_form(call.world, each) for each in files]}


def _uploaded(call: Call, item: Payload) -> File:
    file = call.world.files.get(str(item.get("id")))
    if file is None or file.team_id != call.installation.team_id:
        raise SlackError("file_not_found")
    if file.content is None or len(file.content) != file.length:
        raise SlackError("file_update_failed")
    file.title = str(item.get("title") or file.name)
    return file


def _share(call: Call, channel: Channel, files: list[File]) -> None:
    blocks = call.arguments.objects("blocks", "invalid_blocks_format") or []
    check_blocks(blocks)
    message = Message(
        ts=call.platform.next_ts(),
        channel=channel.id,
        user=call.bot.id,
        team_id=call.installation.team_id,
        text=call.arguments.text("initial_comment") or "",
        thread_ts=thread_of(call, channel),
        files=[each.id for each in files],
    )
    author(call, message)
    message.blocks = with_ids(blocks)
    for file in files:
        file.channels.append(channel.id)
    call.platform.post(message)


def info(call: Call) -> Payload:
    """files.info."""
    file = visible(call, call.arguments.required("file"))
    return {"file": file_form(call.world, file), "comments": []}


def visible(call: Call, file_id: str) -> File:
    """A file in a conversation the bot is in, or its own.

    Raises:
        SlackError: `file_not_found`.
    """
    file = call.world.files.get(file_id)
    if file is None or not _may_see(call, file):
        raise SlackError("file_not_found")
    return file


def _may_see(call: Call, file: File) -> bool:
    bot = call.bot.id
    return file.user == bot or any(bot in call.world.channels[each].members for each in file.channels)


def delete(call: Call) -> Payload:
    """files.delete."""
    file = visible(call, call.arguments.required("file"))
    if file.user != call.bot.id:
        raise SlackError("cant_delete_file")
    del call.world.files[file.id]
    return {}


def gone(call: Call) -> Payload:
    """files.upload was switched off (docs.slack.dev/changelog/2024-04-a-better-way-to-upload-files)."""
    raise SlackError("method_deprecated")


METHODS = (
    Method(name="files.getUploadURLExternal", run=get_upload_url, scope="files:write", tier=4),
    Method(name="files.completeUploadExternal", run=complete_upload, scope="files:write", tier=4),
    Method(name="files.info", run=info, scope="files:read", tier=4),
    Method(name="files.delete", run=delete, scope="files:write"),
    Method(name="files.upload", run=gone, scope="files:write", tier=2),
)
