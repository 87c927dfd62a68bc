"""What the assistant says of its own accord, in plain words and in the language spoken now.

A new phrase wants its translations: `make words`, then fill what is empty in core/locale.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from babel.dates import format_date, format_timedelta
from babel.lists import format_list

from core.errors import Budget
from core.translation import gettext as _
from core.translation import locale, ngettext

_MARKS = re.compile(r"(<[A-Z_]+_\d+>)|[*_`~\[\]<>|\\#]")
"""Pseudonyms, and marks of Markdown."""


def unpostable() -> str:
    return _(
        "I wrote an answer, but it could not be posted here. Please ask again, perhaps in smaller steps."
    )


def exposed(kinds: Sequence[str]) -> str:
    """To who posted what others should not read, by `core.privacy.detection.finding.Kind`."""
    named = {
        "card number": _("a card number"),
        "id number": _("the number of an ID"),
        "secret": _("a password, a key or a token"),
    }
    what = format_list([named[each] for each in kinds], locale=locale())
    return _(
        "Your message holds {what}, and everybody here can read it. I left it out of what I keep, and shall"
        " not repeat it. Please delete the message, and change what it opens."
    ).format(what=what)


def care(lines: Sequence[str], human: str) -> str:
    """To somebody who speaks of wanting to die, or to hurt themselves."""
    said = [
        _("I am a machine and cannot help you as a person can, but I do not want you to be alone with this."),
        _(
            "If you are in danger now, call your emergency number (112 or 911)."
            " These people listen at any hour:"
        ),
        "\n".join(f"- {each}" for each in lines),
        human,
    ]
    return "\n\n".join(each for each in said if each)


def meant_otherwise() -> str:
    return _("I meant something else")


def forbidden_subject(subject: str, human: str) -> str:
    said = _("I may not speak about this subject here ({subject}).").format(subject=subject)
    return f"{said} {human}".strip()


def withheld() -> str:
    return _("I wrote an answer that I would rather not show. Please put your question another way.")


def disclaimer(topic: str) -> str:
    """By `core.safety.topic.Topic`."""
    return {
        "medical": _("This is general information and does not replace a doctor's advice."),
        "legal": _("This is general information and does not replace a lawyer's advice."),
        "financial": _("This is general information and no recommendation to buy or sell anything."),
    }.get(topic, "")


def take_away() -> str:
    return _("Delete my message")


def taken_away() -> str:
    return _("Your message is deleted.")


def cannot_take_away() -> str:
    return _("I may not delete messages here. Please delete it yourself.")


def not_theirs() -> str:
    return _("Only who wrote the message can have it deleted.")


def failed() -> str:
    return _("Sorry, something went wrong on my side and I could not answer. Please try again in a moment.")


def set_aside() -> str:
    return _("Sorry, I tried several times and could not answer this message. Please put it another way.")


def too_long() -> str:
    return _("Your message is too long for me to read at once. Please send a shorter part of it.")


def out_of_time() -> str:
    return _("_I ran out of time here. Please ask again, perhaps in smaller steps._")


def stopped() -> str:
    return _("_Stopped._")


def nothing_to_stop() -> str:
    return _("There is nothing to stop: I am not writing anything here.")


def nothing_to_repeat() -> str:
    return _("There is no answer here that I could write again.")


def empty() -> str:
    return _("Your message was empty. What can I do for you?")


def no_words() -> str:
    return _("I cannot read files of this kind. Please write to me in words.")


def listening(at: float, seconds: float) -> str:
    """What is being done, as `at_work` puts it; both in seconds."""
    return _("listening ({at} of {length})").format(at=clock(at), length=clock(seconds))


def looking() -> str:
    """What is being done, as `at_work` puts it."""
    return _("looking at a picture")


def clock(seconds: float) -> str:
    """A place in a recording: 1:05."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def heard() -> str:
    """Stands above what was heard in a recording."""
    return _("I heard:")


def heard_in_video() -> str:
    """Stands above what was heard in a video."""
    return _("I cannot see what a video shows. I heard:")


def heard_unsure() -> str:
    """Stands above what was heard, where it is better to ask."""
    return _("I am not sure that I heard you well. Did you say this?")


def say_it_again() -> str:
    return _("If not, please say it again, or write it to me.")


def heard_nothing() -> str:
    return _("I heard no words in this recording. Please say it again, or write it to me.")


def misheard() -> str:
    """A button under an answer to a recording."""
    return _("I said something else")


def what_did_you_say() -> str:
    return _("I am sorry. Please say it again, or write it to me.")


def read_in_picture() -> str:
    """Stands above what was read in a picture."""
    return _("I read in the picture:")


def picture(number: int, among: int) -> str:
    """A picture that has no name."""
    return _("picture {number} of {among}").format(number=number, among=among) if among > 1 else _("picture")


def sent_on(title: str, day: date) -> str:
    """A picture, by its title, that was sent on an earlier day."""
    return f"{title} ({format_date(day, 'medium', locale())})"


def place_in_picture(first: int, last: int, *, is_table: bool, area: tuple[int, int] | None) -> str:
    """Where in a picture something was read.

    Args:
        first: number of a line, from 1.
        last: the same.
        is_table: the lines are rows of a table.
        area: the third of the width and of the height, from 0, where that is known.
    """
    if is_table:
        lines = ngettext("row {lines}", "rows {lines}", last + 1 - first)
    else:
        lines = ngettext("line {lines}", "lines {lines}", last + 1 - first)
    told = lines.format(lines=first if first == last else f"{first}–{last}")
    if area is None or area == (1, 1):
        return told
    corners = {
        (0, 0): _("top left"),
        (1, 0): _("top"),
        (2, 0): _("top right"),
        (0, 1): _("left"),
        (2, 1): _("right"),
        (0, 2): _("bottom left"),
        (1, 2): _("bottom"),
        (2, 2): _("bottom right"),
    }
    return f"{told}, {corners[area]}"


def numbers(cited: Iterable[int]) -> str:
    """The mark behind what stands in sources: [1, 2]."""
    return f"[{', '.join(map(str, sorted(cited)))}]"


def nothing_to_read() -> str:
    return _("I found no text in this picture, and text is all that I can see in one.")


def what_about_picture() -> str:
    return _("What would you like to know about it?")


def not_listening() -> str:
    return _("I cannot listen to recordings here. Please write to me in words.")


def not_looking() -> str:
    return _("I cannot look at pictures here. Please write to me in words.")


def file_unusable(reason: str) -> str:
    """Nothing was made of a file.

    Args:
        reason: of `core.media.refusal.Refusal`.
    """
    sentences = {
        "format": _("I do not know files of this format."),
        "broken": _("I could not open this file. Please send it again."),
        "too_long": _("This recording is too long for me. Please send a shorter one."),
        "too_large": _("This file is too large for me. Please send a smaller one."),
        "silent": heard_nothing(),
        "no_voice": not_listening(),
        "no_vision": not_looking(),
        "away": _("I could not fetch this file just now. Please send it again."),
        "late": _("This took me too long. Please send less at once."),
    }
    return sentences.get(reason) or _("I could not open this file.")


def afresh() -> str:
    return _("Done. I start afresh: nothing said here before plays a part in my answers any more.")


def quoted() -> str:
    return _("The documents say:")


def quoted_from_picture() -> str:
    return _("In the picture I read:")


def further() -> str:
    return _("I looked further, and found this:")


def not_from_documents() -> str:
    return _(
        "_I found nothing about this in the documents. What follows is the model's own, and may be wrong._"
    )


def tell_more() -> str:
    return _("What would you like to know about it? One more word helps me to look in the right place.")


def search_failed() -> str:
    return _("I cannot look into the documents just now, so I do not answer this. Please ask again later.")


def documents_only() -> str:
    return _("I answer from the documents here. What would you like to know?")


def no_earlier_answer() -> str:
    return _("I do not know any more what this answer was about. Please ask again.")


def lapsed() -> str:
    return _("This button belongs to an earlier question. Please write to me instead.")


def interrupted() -> str:
    return _("I am being restarted. Your answer follows as soon as I am back.")


def passage_gone() -> str:
    return _("This passage has changed since, or may not be shown here any more. Please ask again.")


def greeting() -> str:
    return _("Hello! Ask me anything, or type a question to begin.")


def introduction(name: str) -> str:
    return _("I am {name}. Write to me as you would to a colleague.").format(name=name)


def commands(*, with_people: bool) -> Sequence[tuple[str, str]]:
    """Each command that people use, and what it does.

    Args:
        with_people: there is a help desk.
    """
    people = [("human", _("talk to a person"))] if with_people else []
    return (
        ("help", _("what I can do")),
        ("new", _("start afresh: forget what was said here")),
        ("stop", _("stop the answer that is being written")),
        ("again", _("answer the last question once more")),
        ("me", _("what I know about you")),
        *people,
    )


def let_learn() -> str:
    """What a command is for that there is only where may be learnt from people."""
    return _("whether I may learn from what you write")


def let_read_aloud() -> str:
    """What a command is for that there is only where there is a voice."""
    return _("read my last answer to you")


def reads_aloud() -> str:
    return _("I read it to you. `voice on` in a private chat makes me read every answer.")


def voice_file() -> str:
    """Name of a file in which an answer is read, before its ending."""
    return _("voice note")


def voice_on() -> str:
    return _(
        "All right, from now on I also read my answers to you, where they are in English; for other languages"
        " I have no voice. `voice off` ends it at any time."
    )


def voice_off() -> str:
    return _("All right, I only write to you.")


def kept_voice() -> str:
    """That a person wants answers to be read aloud."""
    return _("that I am to read my answers to you; `voice off` ends it")


def voice_in_private() -> str:
    return _("Every answer I read in private chats alone. Tell me so there.")


def no_voice() -> str:
    return _("I have no voice here, so I can only write.")


def no_voice_for_language() -> str:
    return _("I have no voice for this language, so here I can only write. I read answers in English.")


def nothing_to_read_aloud() -> str:
    return _("There is no answer here that I could read to you.")


def too_long_to_read_aloud() -> str:
    return _("This answer is too long to be read aloud.")


def voice_lost() -> str:
    """In place of a voice note."""
    return _("I could not read this answer to you.")


def why_bad() -> str:
    return _("I am sorry. What was wrong with this answer?")


def bad_because(reason: str) -> str:
    """The button for a reason."""
    labels = {
        "incorrect": _("Incorrect"),
        "inappropriate": _("Inappropriate"),
        "incomplete": _("Incomplete"),
        "outdated": _("Outdated"),
    }
    return labels.get(reason) or _("Something else")


def thanks_for_reason() -> str:
    return _("Thank you, I have noted it.")


def may_learn(operator: str) -> str:
    """The question for consent: who, what for, how to take it back."""
    return _(
        "May {operator} use your questions and my answers to improve this assistant? People there may read "
        "them, without names and addresses, and train the model with them, on their own machines. It is up "
        "to you: I answer you just the same, and you can change your mind at any time with the command "
        "`learning`."
    ).format(operator=operator)


def learn_yes() -> str:
    return _("Yes, you may learn from me")


def learn_no() -> str:
    return _("No")


def learns_now() -> str:
    return _(
        "Thank you. What you write may be learnt from, until you say otherwise with the command `learning`."
    )


def learns_no_more() -> str:
    return _(
        "All right. Nothing that you write is learnt from, and whatever was gathered from you is left out "
        "from now on."
    )


def learning_stands(granted: bool) -> str:
    """What the person decided last."""
    return _("You allowed it so far.") if granted else _("So far you did not allow it.")


def learning_off() -> str:
    return _("Nobody learns from what is written here.")


def bring_documents() -> str:
    """What a command is for that few may use."""
    return _("bring documents that I answer from here, list them, remove them")


def busy(retry_after: float) -> str:
    """Too many people wait."""
    return _("Too many people are asking me at once just now. Please ask again in {duration}.").format(
        duration=duration(retry_after)
    )


def unknown(human: str) -> str:
    """The documents do not say.

    Args:
        human: how to reach a human, as the operator says it; empty where there is no way.
    """
    return _and(human, _("I do not know: I found nothing in the documents that answers this."))


def nothing_further(human: str) -> str:
    """There is no other passage either."""
    return _and(human, _("I found nothing else about this in the documents."))


def which_document(one: str, other: str) -> str:
    """Two documents fit equally well."""
    return _("Do you mean what “{one}” says, or “{other}”? Tell me a little more, and I look there.").format(
        one=one, other=other
    )


def thinking() -> str:
    """A status line that follows the assistant's name."""
    return _("is thinking…")


def at_work(doing: str) -> str:
    """A status line that follows the assistant's name, such as "is reading 3 passages…"."""
    return _("is {doing}…").format(doing=doing)


def saying(notice: str) -> str:
    """A status line that follows the assistant's name."""
    return _("says: {notice}").format(notice=notice)


def reading(passages: int) -> str:
    """What is being done, as `at_work` puts it."""
    return ngettext("reading a passage", "reading {number} passages", passages).format(number=passages)


def kept(since: datetime | None) -> str:
    """The head of what is kept about a person."""
    if since is None:
        return _("What I keep about you")
    return _("What I keep about you since {date}").format(date=format_date(since, "long", locale()))


def kept_messages(messages: int, conversations: int) -> str:
    """How much is kept of what a person wrote."""
    where = ngettext("{number} conversation", "{number} conversations", conversations)
    said = ngettext(
        "{number} message of yours in {conversations}, with my answers",
        "{number} messages of yours in {conversations}, with my answers",
        messages,
    )
    return said.format(number=messages, conversations=where.format(number=conversations))


def kept_ratings(ratings: int) -> str:
    """How often a person judged answers."""
    return ngettext("{number} rating of my answers", "{number} ratings of my answers", ratings).format(
        number=ratings
    )


def kept_summary(summary: str) -> str:
    """What older messages became."""
    return _("of our older messages here, this summary: {summary}").format(summary=summary)


def stays_here() -> str:
    return _("It stays on this machine, and nobody outside reads it.")


def memory_is(remembered: bool) -> str:
    """Whether older messages are summarised."""
    if remembered:
        return _("I remember our older messages, as a summary, since you want me to")
    return _("I do not remember our older messages")


def memory_is_for() -> str:
    """What people agree to."""
    return _(
        "I always have our last messages before me. If you want, I also keep a summary of older ones, so "
        "that I know more of what you told me; `me` shows it to you."
    )


def memory_means(remembered: bool) -> str:
    """What memory is, and how it stands."""
    return f"{memory_is_for()} {_('It is on now.') if remembered else _('It is off now.')}"


def remember_me() -> str:
    """A button."""
    return _("Remember older messages")


def remember_no_more() -> str:
    """A button."""
    return _("Do not remember them")


def remembers_now() -> str:
    return _("All right, I remember. `memory off` ends it at any time.")


def remembers_no_more() -> str:
    return _("All right. The summaries are deleted, and I make no others.")


def to_correct() -> str:
    return _(
        "If something is wrong, edit your message where you can, or tell me what is right; `memory off` "
        "drops what I summarised."
    )


def ask_me_alone() -> str:
    return _("Ask me in a private chat: there you get a copy of what is kept, or have it erased.")


def ask_in_private(command: str) -> str:
    """To who asks in a group for what a command does in private."""
    return _(
        "That is between the two of us: write it to me in a private chat, or the command `{command}`."
    ).format(command=command)


def send_copy() -> str:
    """A button."""
    return _("Send me a copy")


def copy_comes() -> str:
    return _(
        "Here comes a copy of all that I keep about you: a page to read, and the same for programs. Keep it "
        "safe, and delete it here when you have it."
    )


def copy_file() -> str:
    """What the file is called, before its ending."""
    return _("my-data")


def forget_me() -> str:
    """A button."""
    return _("Erase everything")


def no_forget_me() -> str:
    """A button under the notice at first contact."""
    return _("No, erase what I wrote")


def really_forget() -> str:
    return _(
        "Shall I erase everything that I keep about you? Our private conversations, what you wrote in "
        "groups, your judgements and the data that models learn from are deleted for ever; a task that we "
        "are in ends. What stands in this chat, you delete yourself."
    )


def yes_forget_me() -> str:
    """A button."""
    return _("Yes, erase it all")


def no_keep() -> str:
    """A button."""
    return _("No, keep it")


def forgetting() -> str:
    return _(
        "I am erasing it now; in a few minutes I know nothing of you any more. If you write to me again, we "
        "begin anew."
    )


def nothing_forgotten() -> str:
    return _("All right, everything stays as it is.")


def first_notice(controller: str, contact: str, days: int) -> str:
    """What becomes of what people write: who is responsible, what is kept, for how long, how to say no.

    Args:
        controller: who is responsible.
        contact: how to reach them; may be empty.
        days: after which messages are deleted; 0: never.
    """
    said = [
        _(
            "I am a computer program, not a person. {controller} is responsible for me. What you write is "
            "kept on their own machines so that I can answer you, and given to nobody else."
        ).format(controller=controller)
    ]
    if days:
        said.append(
            ngettext("It is deleted after {number} day.", "It is deleted after {number} days.", days).format(
                number=days
            )
        )
    said.append(_("`me` shows what is kept, and gives you a copy; `forget` erases it at any time."))
    if contact:
        said.append(_("Questions: {contact}").format(contact=contact))
    return " ".join(said)


def copy_title() -> str:
    """The head of the page with all that is kept of a person."""
    return _("What is kept about you")


def copy_intro(made_at: datetime) -> str:
    """What that page is."""
    return _(
        "A copy of everything that this assistant keeps about you, made on {date}. The same is in "
        "`data.json`, for programs."
    ).format(date=format_date(made_at, "long", locale()))


def copy_said() -> str:
    return _("What was said")


def copy_you() -> str:
    return _("You")


def copy_assistant() -> str:
    return _("Assistant")


def copy_more() -> str:
    return _("What else is kept")


def copy_purposes() -> str:
    return _("What for, for how long, and on what ground")


def copy_nothing() -> str:
    return _("Nothing.")


def delete_to_forget() -> str:
    return _("Delete a message and I forget it.")


def good_answer() -> str:
    return _("Good answer")


def bad_answer() -> str:
    return _("Bad answer")


def this_is_good() -> str:
    return _("This answer is good")


def this_is_bad() -> str:
    return _("This answer is bad")


def read_passage(number: int) -> str:
    """A button that shows the passage behind a citation."""
    return _("Read [{number}]").format(number=number)


def did_not_help() -> str:
    return _("This did not help")


def answer_again() -> str:
    return _("Answer again")


def passage() -> str:
    """The title of a window with a passage."""
    return _("Passage")


def close() -> str:
    return _("Close")


def where_to_write() -> str:
    """Slack's home tab."""
    return _("Write to me in *Messages*, or mention me in a channel: I answer in the thread.")


def commands_everywhere() -> str:
    """Slack's home tab."""
    return _(
        "`!help`, `!new`, `!stop`, `!again` and `!me` work in every conversation with me, "
        "and so does `/frontdesk`."
    )


def buttons_tell_us() -> str:
    """Slack's home tab."""
    return _("The buttons under an answer tell us whether it was any good.")


def privacy() -> str:
    """What happens to what people write."""
    return _(
        "What you write is answered by a model on our own machines. "
        "It is kept here to continue the conversation, and sent to nobody else."
    )


def answer_in_direct_messages() -> str:
    return _("My answer is in our direct messages: a slash command has no thread where I could give it.")


def no_direct_messages() -> str:
    return _("I could not open our direct messages. Please try again, or write to me there.")


def stop() -> str:
    return _("Stop")


def thanks() -> str:
    return _("Thank you for telling me.")


def stopping() -> str:
    return _("Stopping.")


def looking_further() -> str:
    return _("Looking further.")


def file_lost(name: str) -> str:
    """A file that was sent elsewhere could not be brought here."""
    return f"_A file was sent that could not be brought here: {name}_"


def one_line(title: str, length: int = 80) -> str:
    """A document's title within a sentence: without marks that Markdown would take for its own."""
    flat = " ".join("".join(" " if mark in "*_`~[]<>|\\#" else mark for mark in title).split())
    return flat if len(flat) <= length else f"{flat[: length - 1]}…"


def quotation(text: str) -> str:
    """What somebody said, or what stands in a picture: without marks that Markdown would take for its own.

    Pseudonyms stay what they are.
    """
    lines = (_MARKS.sub(lambda found: found[1] or " ", line) for line in text.splitlines())
    return "\n".join(f"> {' '.join(line.split())}  " for line in lines if line.strip())


def _and(human: str, sentence: str) -> str:
    return f"{sentence} {human.strip()}".strip()


def queue(ahead: int, seconds: float) -> str:
    """The place in the queue."""
    return ngettext(
        "One question comes before yours: I begin in {duration}.",
        "{number} questions come before yours: I begin in {duration}.",
        ahead,
    ).format(number=ahead, duration=duration(seconds))


def over_budget(retry_after: float, budget: Budget) -> str:
    """Somebody asked for more than they may."""
    if budget == "person_daily_tokens":
        said = _(
            "You have had all the answers that I can give you within a day. I can answer again in {duration}."
        )
    elif budget == "person_budget":
        said = _("You have asked me a great deal within a short time. I can answer again in {duration}.")
    else:
        said = _(
            "This channel has asked me a great deal within a short time. I can answer again in {duration}."
        )
    return said.format(duration=duration(retry_after))


def duration(seconds: float) -> str:
    """A time as people say it: about 20 seconds, about 3 minutes, about 5 hours."""
    if seconds < 90:
        exact = timedelta(seconds=max(5, 5 * round(seconds / 5)))
        said = format_timedelta(exact, granularity="second", threshold=2, locale=locale())
    else:
        exact = timedelta(minutes=round(seconds / 60))
        said = format_timedelta(exact, granularity="minute", threshold=2, locale=locale())
    return _("about {duration}").format(duration=said)


def yes() -> str:
    return _("Yes")


def no() -> str:
    return _("No")


def skip() -> str:
    return _("Skip")


def go_on() -> str:
    return _("Go on")


def give_up() -> str:
    return _("Drop it")


def flow_action_failed() -> str:
    return _("Sorry, that did not work on my side. A person has to look at it.")


def flow_not_understood() -> str:
    return _("Sorry, I do not understand your answer. A person can help you better.")


def flow_over() -> str:
    return _("This is done already. If something is wrong with it, please write to me what.")


def flow_not_yours() -> str:
    return _("Somebody else began this. Write to me, and I begin the same for you.")


def flow_cancelled(title: str) -> str:
    """A person gave a task up."""
    return _("All right, I leave “{title}” at that. Nothing was sent.").format(title=title)


def flow_return(title: str) -> str:
    """A person comes back to a task after a long time."""
    return _("We had begun with “{title}”. Shall we go on with it?").format(title=title)


def flow_back(title: str) -> str:
    """The task that another one interrupted."""
    return _("Back to “{title}”.").format(title=title)


def flow_noted(name: str, value: str) -> str:
    """A value was taken in, or changed."""
    return _("Noted: {name} is {value}.").format(name=name, value=value)


def flow_understood(value: str) -> str:
    """What a model made of an answer."""
    return _("I take that as “{value}”. Tell me if it is something else.").format(value=value)


def flow_hint(kind: str, examples: Sequence[str]) -> str:
    """An answer does not fit.

    Args:
        kind: of slot, as flows name them.
        examples: answers that fit.
    """
    wanted = _wanted(kind)
    if not examples:
        return wanted
    return _("{wanted} For example: {examples}.").format(wanted=wanted, examples=", ".join(examples))


def _wanted(kind: str) -> str:
    match kind:
        case "number":
            return _("I need a number here.")
        case "date":
            return _("I need a day here, such as “Tuesday” or “12 May”.")
        case "time":
            return _("I need a time here, such as “14:30” or “3 pm”.")
        case "email":
            return _("I need an e-mail address here.")
        case "phone":
            return _("I need a telephone number here.")
        case "person":
            return _("I need a name here.")
        case "choice":
            return _("Please choose one of these.")
        case "yes_no":
            return _("Please answer with yes or no.")
    return _("Please answer in other words.")
