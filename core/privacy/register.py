"""The register of processing: what each table and folder is for, whose data it holds, and for how long.

What the General Data Protection Regulation asks for in its article 30, as far as the software knows it. A
table of the schema that is not in here fails a test.
"""

from collections.abc import Mapping
from dataclasses import dataclass

ANSWER = "to answer (contract or legitimate interest, GDPR 6(1)(b) or (f))"
OPERATE = "to run the service safely (legitimate interest, GDPR 6(1)(f))"
IMPROVE = "to improve the service (legitimate interest, GDPR 6(1)(f))"
CONSENT = "consent, for each person, to be taken back at any time (GDPR 6(1)(a) and 7)"
DUTY = "to prove that the law was kept (GDPR 5(2), 7(1) and 6(1)(c))"
NO_GROUND = "no personal data"
NOBODY = "nobody's"
PEOPLE = "people who write to the assistant"
CUSTOMERS = "customers, and the agents who help them"
BY_MESSAGES = "`keep_messages_days`, or until the person has it erased"
WITH_ANSWER = "as long as the answer it belongs to"


@dataclass(frozen=True, kw_only=True)
class Record:
    """What is to be known of one place in which data is kept."""

    purpose: str
    people: str = NOBODY
    """Whose data."""
    retention: str
    basis: str = NO_GROUND
    """The legal ground, as the software assumes it; the one who runs it decides."""

    @property
    def is_personal(self) -> bool:
        return self.people != NOBODY


_MOVES = Record(
    purpose="that another database is being moved into this one", retention="until all of it is here"
)
STORE: Mapping[str, Record] = {
    "audit": Record(
        purpose="who read, changed or erased what",
        people="operators, reviewers and agents; people whose data it was as a keyed hash",
        retention="for good: a trail from which something is taken proves nothing",
        basis=DUTY,
    ),
    "cabinet": Record(
        purpose="tokens that installations of the Slack app brought, salts and keys of our own",
        people="who installed the Slack app",
        retention="until the app is removed",
        basis=OPERATE,
    ),
    "consents": Record(
        purpose="who allowed learning, memory or answers read aloud, to which question, and who did not",
        people=PEOPLE,
        retention="until the person has it erased; then a keyed hash proves it",
        basis=DUTY,
    ),
    "conversations": Record(
        purpose="where people talk with the assistant, and summaries for those who want to be remembered",
        people=PEOPLE,
        retention=BY_MESSAGES,
        basis=ANSWER,
    ),
    "drafts": Record(
        purpose="answers that the assistant suggested to agents, and what they sent",
        people=CUSTOMERS,
        retention=BY_MESSAGES,
        basis=IMPROVE,
    ),
    "erasures": Record(
        purpose="that people were erased: a keyed hash of who, when, and what was affected",
        people="people who were erased, as a keyed hash",
        retention="for good: it holds nothing that says who",
        basis=DUTY,
    ),
    "feed": Record(
        purpose="what stands in chats of the web widget, which no platform keeps",
        people=PEOPLE,
        retention=BY_MESSAGES,
        basis=ANSWER,
    ),
    "flow_runs": Record(
        purpose="where people stand in tasks through which they are led",
        people=PEOPLE,
        retention="30 days after the person last wrote in it",
        basis=ANSWER,
    ),
    "flow_versions": Record(
        purpose="the operator's flows that somebody is in", retention="while somebody is in one"
    ),
    "gaps": Record(
        purpose="questions that the documents do not answer, redacted",
        people=PEOPLE,
        retention="90 days",
        basis=IMPROVE,
    ),
    "inbox": Record(
        purpose="what people wrote, and the platforms' own JSON of it",
        people=PEOPLE,
        retention=f"{BY_MESSAGES}; the JSON `keep_originals_days`",
        basis=ANSWER,
    ),
    "joins": Record(
        purpose="that conversations belong to one customer, who said so in both",
        people=CUSTOMERS,
        retention=BY_MESSAGES,
        basis=CONSENT,
    ),
    "leases": Record(purpose="which process works on which conversation", retention="seconds, while it does"),
    "moves": _MOVES,
    "numbers": Record(purpose="numbers of tickets are used once", retention="for good"),
    "outbox": Record(
        purpose="answers on their way to the platform, and where they stand there",
        people=PEOPLE,
        retention=BY_MESSAGES,
        basis=ANSWER,
    ),
    "owners": Record(purpose="which processes live", retention="seconds after they stop"),
    "preferences": Record(
        purpose="whether a person wants older messages to be remembered, and answers read aloud",
        people=PEOPLE,
        retention="until the person changes it or is erased",
        basis=CONSENT,
    ),
    "ratings": Record(
        purpose="what people think of answers", people=PEOPLE, retention=WITH_ANSWER, basis=IMPROVE
    ),
    "reviews": Record(
        purpose="what reviewers make of answers, of which may be learnt",
        people=f"{PEOPLE}, and reviewers",
        retention=WITH_ANSWER,
        basis=CONSENT,
    ),
    "signals": Record(
        purpose="that people asked again, or wanted a person, after an answer",
        people=PEOPLE,
        retention=WITH_ANSWER,
        basis=IMPROVE,
    ),
    "spending": Record(
        purpose="how many tokens were read and written today for whom they are limited",
        people=PEOPLE,
        retention="until something is counted on another day, or `keep_messages_days`",
        basis=OPERATE,
    ),
    "tickets": Record(
        purpose="customers' conversations in the hands of people",
        people=CUSTOMERS,
        retention="`keep_messages_days` after it was closed, or until the customer is erased",
        basis=ANSWER,
    ),
    "turns": Record(
        purpose="questions and answers, with the prompt, the model and the passages they came from",
        people=PEOPLE,
        retention=f"{BY_MESSAGES}; the prompt `keep_prompts_days`",
        basis=ANSWER,
    ),
    "unlearnt": Record(
        purpose="that models learnt from people who were erased, by which these models are found",
        people="people who were erased, as a keyed hash",
        retention="for good: it holds nothing that says who",
        basis=DUTY,
    ),
}
"""Tables of `frontdesk.db`."""

_DOCUMENTS = Record(
    purpose="the operator's documents, and those that editors brought: their text, and how it is found",
    people="whoever the documents speak of",
    retention="until the source is removed",
    basis="the operator's own, for each document",
)
_INDEX = Record(purpose="how passages are found", retention="until the source is removed")
KNOWLEDGE: Mapping[str, Record] = {
    "blocks": _INDEX,
    "documents": _DOCUMENTS,
    "encoders": _INDEX,
    "indexed": _INDEX,
    "indexes": _DOCUMENTS,
    "languages": _INDEX,
    "moves": _MOVES,
    "passages": _DOCUMENTS,
    "postings": _DOCUMENTS,
    "sources": _DOCUMENTS,
    "vectors": _DOCUMENTS,
}
"""Tables of `knowledge.sqlite3`."""

_KEYS = Record(
    purpose="keys to what people write, wrapped by the secret",
    people=PEOPLE,
    retention="until what they seal is erased",
    basis=OPERATE,
)
KEYS: Mapping[str, Record] = {
    "keys": _KEYS,
    "lock": Record(purpose="that the secret is the right one", retention="until the secret is changed"),
    "owners": _KEYS,
}
"""Tables of `frontdesk.keys`."""

FOLDERS: Mapping[str, Record] = {
    "datasets": Record(
        purpose="what models learn from: reviewed answers, redacted",
        people=f"{PEOPLE}, and agreed",
        retention="until removed; versions with somebody who is erased go with them",
        basis=CONSENT,
    ),
    "fairness": Record(
        purpose="audits of models: figures, and pages of them; no answer, nothing of anybody",
        retention="until the model is audited anew, or they are removed",
    ),
    "models": Record(purpose="models; those trained here learnt from datasets", retention="until removed"),
    "pairs": Record(
        purpose="two models' answers to what datasets hold out, and who found which better",
        people=f"{PEOPLE}, and agreed",
        retention="until removed; those on a dataset with somebody who is erased go with it",
        basis=CONSENT,
    ),
    "runs": Record(
        purpose="trainings, with the rows of the dataset",
        people=f"{PEOPLE}, and agreed",
        retention="until removed; those with somebody who is erased go with them",
        basis=CONSENT,
    ),
    "widget": Record(
        purpose="files that visitors of the widget sent and were sent",
        people=PEOPLE,
        retention="`keep_files_days`; what was never sent three days",
        basis=ANSWER,
    ),
}
"""Folders of FRONTDESK_HOME."""

PLACES: Mapping[str, Mapping[str, Record]] = {
    "frontdesk.db": STORE,
    "knowledge.sqlite3": KNOWLEDGE,
    "frontdesk.keys": KEYS,
    "FRONTDESK_HOME": FOLDERS,
}


def markdown() -> str:
    """The register as a page."""
    return "\n".join([_HEAD, *(_section(place, records) for place, records in PLACES.items())])


_HEAD = """# Register of processing

What Frontdesk keeps, what for, whose data it is, and for how long. This page is printed by
`frontdesk privacy register`; the periods are set in `frontdesk.yaml` ([privacy](privacy.md)). Who runs it
adds who is responsible, and decides on the legal grounds. Everything stays on the machine that runs it; the
platforms keep what stands in them.
"""


def _section(place: str, records: Mapping[str, Record]) -> str:
    rows = [
        f"| `{name}` | {each.purpose} | {each.people} | {each.retention} | {each.basis} |"
        for name, each in records.items()
    ]
    head = ["| Where | What for | Whose data | For how long | Ground |", "|---|---|---|---|---|"]
    return "\n".join([f"## `{place}`", "", *head, *rows, ""])
