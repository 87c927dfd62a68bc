"""Files, and the media objects that show them."""

from dataclasses import dataclass

from bots.playground.telegram.state import File, Payload, World

DOWNLOAD_LIMIT = 20 * 1024 * 1024
"""core.telegram.org/bots/api#getfile"""
UPLOAD_LIMIT = 50 * 1024 * 1024
PHOTO_LIMIT = 10 * 1024 * 1024
"""core.telegram.org/bots/api#sending-files"""
LINK_SECONDS = 3600.0
FOLDERS = {
    "photo": "photos",
    "document": "documents",
    "voice": "voice",
    "audio": "music",
    "video": "videos",
    "animation": "animations",
    "video_note": "video_notes",
    "sticker": "stickers",
}
_SUFFIXES = {"photo": ".jpg", "voice": ".oga", "video": ".mp4", "video_note": ".mp4", "sticker": ".webp"}
_TYPES = {
    "voice": "audio/ogg",
    "audio": "audio/mpeg",
    "video": "video/mp4",
    "animation": "video/mp4",
    "document": "application/octet-stream",
}


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file on its way to the servers."""

    name: str
    data: bytes
    mime: str = ""
    duration: int = 1
    """Seconds, of sound and moving pictures."""


def store(world: World, kind: str, upload: Upload) -> Payload:
    """Keep a file; returns the media field of a message, such as `{"voice": {...}}`."""
    number = world.number()
    suffix = _SUFFIXES.get(kind) or _suffix(upload.name)
    file = File(
        id=f"FD-{kind}-{number}-{world.bot.id}",
        unique_id=f"FDU{number}",
        path=f"{FOLDERS[kind]}/file_{number}{suffix}",
        data=upload.data,
    )
    world.files[file.id] = file
    return {kind: _form(kind, file, upload)}


def _suffix(name: str) -> str:
    """What may stand at the end of a path; clients use paths as file names."""
    end = name.rpartition(".")[2]
    return f".{end}" if end.isascii() and end.isalnum() and len(end) <= 8 else ""


def find(world: World, file_id: str) -> File | None:
    """The file with this id."""
    return world.files.get(file_id)


def file_ids(media: Payload) -> list[str]:
    """The ids of the files that a media field shows."""
    shown = [each[-1] if isinstance(each, list) else each for each in media.values()]
    return [each["file_id"] for each in shown if isinstance(each, dict) and "file_id" in each]


def file_form(file: File) -> Payload:
    """A `File` whose link works."""
    return {
        "file_id": file.id,
        "file_unique_id": file.unique_id,
        "file_size": len(file.data),
        "file_path": file.path,
    }


def _form(kind: str, file: File, upload: Upload) -> object:
    form: Payload = {"file_id": file.id, "file_unique_id": file.unique_id, "file_size": len(file.data)}
    if kind == "photo":
        return [form | {"width": 640, "height": 480}]
    if kind in ("voice", "audio", "video", "animation", "video_note"):
        form["duration"] = upload.duration
    if kind in ("video", "animation"):
        form |= {"width": 640, "height": 480}
    if kind == "video_note":
        return form | {"length": 240}
    if kind == "sticker":
        size = {"width": 512, "height": 512}
        return form | size | {"type": "regular", "is_animated": False, "is_video": False}
    if kind in ("document", "audio", "video", "animation"):
        form["file_name"] = upload.name
    return form | {"mime_type": upload.mime or _TYPES[kind]}
