"""Dialogues, and what their last question means. What was said: questions and answers in turn."""

PRO = ("How much does the Pro plan cost?", "It costs 12 dollars per month.")
SHIP = ("Do you ship to Austria?", "Yes, within three days.")
CANCEL = ("How do I cancel my subscription?", "Open the settings and choose Cancel.")
FALCON = ("What is the warranty of the Falcon X2?", "Two years.")
ANA = ("Who is Ana Costa?", "Ana Costa leads the Lisbon office.")

FILLED_IN = (
    (PRO, "Does it include phone support?", "Does the Pro plan include phone support?"),
    (PRO, "and how many users does it have?", "and how many users does the Pro plan have?"),
    (PRO, "What are its limits?", "What are the Pro plan's limits?"),
    (PRO, "Can I get it for free?", "Can I get the Pro plan for free?"),
    (PRO, "Is that plan available in Germany?", "Is the Pro plan available in Germany?"),
    (PRO, "What about the Basic plan?", "How much does the Basic plan cost?"),
    (PRO, "And the Basic plan?", "How much does the Basic plan cost?"),
    (PRO, "what about Enterprise?", "How much does the Enterprise plan cost?"),
    (SHIP, "What about Germany?", "Do you ship to Germany?"),
    (SHIP, "And Switzerland?", "Do you ship to Switzerland?"),
    (SHIP, "How about France?", "Do you ship to France?"),
    (SHIP, "and to Italy?", "Do you ship to Italy?"),
    (SHIP, "How long does delivery there take?", "How long does delivery in Austria take?"),
    (CANCEL, "How long does that take?", "How long does cancel my subscription take?"),
    (CANCEL, "Can I pause it instead?", "Can I pause my subscription instead?"),
    (CANCEL, "Will it end at once?", "Will my subscription end at once?"),
    (CANCEL, "Why?", "Why? How do I cancel my subscription?"),
    (CANCEL, "How?", "How? How do I cancel my subscription?"),
    (FALCON, "How heavy is it?", "How heavy is the Falcon X2?"),
    (FALCON, "What about the battery?", "What is the warranty of the Falcon X2? the battery"),
    (ANA, "Where does she work?", "Where does Ana Costa work?"),
    (ANA, "What is her phone number?", "What is Ana Costa's phone number?"),
    (ANA, "When did he join?", "When did Ana Costa join?"),
    (("Which sensors do you make?", ""), "How much do they cost?", "How much do sensors cost?"),
    (("Are gift cards refundable?", "No."), "Can I sell them?", "Can I sell gift cards?"),
    (
        ("Where is the Hamburg office?", "At the harbour."),
        "When does it open?",
        "When does the Hamburg office open?",
    ),
    (
        (*PRO, "What about the Basic plan?", "It is free."),
        "Does it include support?",
        "Does the Basic plan include support?",
    ),
    (
        (*PRO, "What about Basic?", "It is free.", "And Enterprise?", ""),
        "Who uses it?",
        "Who uses the Enterprise plan?",
    ),
    ((*SHIP, "What about Germany?", "Yes."), "And Poland?", "Do you ship to Poland?"),
    ((*PRO, "Thanks!", "You are welcome."), "Does it include backups?", "Does the Pro plan include backups?"),
)
UNCHANGED = (
    ((), "How much does the Pro plan cost?"),
    ((), "How much is it?"),
    (PRO, "How do I reset my password?"),
    (PRO, "Is it possible to pay by invoice?"),
    (PRO, "How long does it take to set up an account?"),
    (PRO, "Is there a phone number for support?"),
    (PRO, "Thanks, that was all I wanted to know about the Pro plan."),
    (SHIP, "Do you ship to Germany?"),
    (SHIP, "What time is it?"),
    (SHIP, "If my parcel is lost, who pays for it?"),
    (CANCEL, "My card was declined. Can I use it again?"),
    (CANCEL, "I think that the invoice is wrong."),
    (CANCEL, "Which office makes the sensors?"),
    (FALCON, "How long is the warranty of the Falcon X3?"),
    (FALCON, "Are you open this week?"),
    (ANA, "Tell me about the Hamburg office."),
    (ANA, "Does Rui Santos like his job?"),
    (ANA, "Who runs the sales team that opened last year?"),
)
