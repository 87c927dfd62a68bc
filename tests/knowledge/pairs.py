"""Hard pairs, written by hand: answers that say the same in other words, and answers that only look as if."""

RETURNS = """# Returns and refunds

You can return unused items within 30 days of delivery. Opened software cannot be returned. Refunds are
paid to the original payment method within 5 to 7 business days after we receive the parcel. Return
shipping costs 4.95 euros, unless the item was damaged when it arrived. Gift cards are not refundable."""
PLANS = """# Plans

The Basic plan is free and includes 3 users and 10 GB of storage. The Pro plan costs $12 per user per
month and includes unlimited users and 1 TB of storage. The Enterprise plan starts at $1,200 a year.
Annual billing is 20% cheaper than monthly billing. The Basic plan does not include phone support; Pro
customers reach us by phone from 9 am to 5 pm on weekdays."""
COMPANY = """\
Acme Robotics was founded by Maria Lindqvist in Gothenburg on 3 March 2009. In 2015 it acquired
Brightwork, a maker of sensors in Hamburg. Tomas Berg has led the company since 1 July 2021, when
Lindqvist became chair of the board. It employs about 450 people. The Hamburg office makes sensors, the
Gothenburg office makes arms."""
SECURITY = """\
All data is encrypted at rest with AES-256 and in transit with TLS 1.3. Passwords must have at least 12
characters. An account is locked after five failed attempts and unlocked automatically after half an
hour. Administrators can disable two-factor authentication for guests, but not for members. Backups are
kept for 90 days. We never sell personal data. Security reports go to security@acme.example."""
DEVICE = """\
The Falcon X2 weighs 1.4 kg and runs for up to 8 hours on one charge. It works between -10 °C and 40 °C.
Charging takes 90 minutes. The battery is not waterproof and must not be charged below 0 °C. Version
2.3.1 of the firmware fixed the overheating of the left motor. The warranty lasts two years; the battery
is covered for six months only."""
EVENT = """\
The spring meeting takes place on Tuesday, 14 May 2024 in Room 204 of the Lisbon office. Doors open at
8:30, the first talk begins at nine thirty. Members pay nothing; guests pay 25 euros. Registration
closes on 30 April. Ana Costa opens the meeting and Rui Santos closes it. No recording will be made."""

RULES = """\
Tickets are non-refundable. It is impossible to change the date online. The old app is no longer
available. Only administrators can delete projects. Support is available except on Sundays. We do not
ship outside the EU. You must not share your key. Neither Firefox nor Safari is supported. Smoking is
prohibited in all rooms. Exchanges without a receipt are refused. Most plans include backups. Dogs are
allowed in the garden but not in the pool. Deliveries arrive before noon. Prices exclude VAT. The API
accepts JSON and rejects XML. Every invoice is due within fourteen days. Cancellations made less than 24
hours in advance cost half of the price. Uploads of more than 25 MB fail."""

SUPPORTED = (
    (RETURNS, "Unused items can be returned within 30 days of delivery [1]."),
    (RETURNS, "Within thirty days of delivery, you can return items that are unused [1]."),
    (RETURNS, "It isn't possible to return opened software [1]."),
    (RETURNS, "You can't return software that was opened [1]."),
    (RETURNS, "After we receive the parcel, refunds are paid within 5–7 business days [1]."),
    (RETURNS, "Refunds go back to the original payment method [1]."),
    (RETURNS, "Return shipping is €4.95 unless the item arrived damaged [1]."),
    (RETURNS, "Gift cards can't be refunded [1]."),
    (RETURNS, "Opened software cannot be returned, and gift cards are not refundable [1]."),
    (RETURNS, "Please note: the refund goes to the original payment method [1]."),
    (PLANS, "The Basic plan is free [1]."),
    (PLANS, "The Pro plan is $12 per user per month, with 1 TB of storage [1]."),
    (PLANS, "Basic includes three users and 10 GB of storage [1]."),
    (PLANS, "Phone support is not included in the Basic plan [1]."),
    (PLANS, "Yearly billing is 20% cheaper than monthly billing [1]."),
    (PLANS, "The Basic plan has no phone support [1]."),
    (PLANS, "Pro customers can reach us by phone on weekdays from 9:00 to 17:00 [1]."),
    (PLANS, "The Enterprise plan starts at 1200 dollars a year [1]."),
    (PLANS, "**Pro** includes unlimited users and 1 TB of storage [1]. **Basic** includes 3 users [1]."),
    (PLANS, "- Basic: free, 3 users [1]\n- Pro: $12 per user per month [1]"),
    (COMPANY, "Maria Lindqvist founded Acme Robotics in Gothenburg [1]."),
    (COMPANY, "Acme Robotics was founded on March 3, 2009 [1]."),
    (COMPANY, "The company was founded in 2009 by Maria Lindqvist [1]."),
    (COMPANY, "Acme Robotics acquired Brightwork in 2015 [1]."),
    (COMPANY, "Brightwork, a maker of sensors, was acquired in 2015 [1]."),
    (COMPANY, "Tomas Berg has led Acme Robotics since 1 July 2021 [1]."),
    (COMPANY, "About 450 people are employed [1]."),
    (COMPANY, "Sensors are made in the Hamburg office [1]."),
    (SECURITY, "Data at rest is encrypted with AES-256 [1]."),
    (SECURITY, "A password must be at least twelve characters long [1]."),
    (
        SECURITY,
        "After 5 failed attempts an account is locked; it is unlocked automatically after 30 minutes [1].",
    ),
    (SECURITY, "Backups are kept for ninety days [1]."),
    (SECURITY, "Personal data is never sold [1]."),
    (SECURITY, "Administrators cannot disable two-factor authentication for members [1]."),
    (SECURITY, "Send security reports to security@acme.example [1]."),
    (DEVICE, "The Falcon X2 weighs 1400 g [1]."),
    (DEVICE, "It takes one and a half hours to charge: charging takes 90 minutes [1]."),
    (DEVICE, "It works from -10 to 40 °C [1]."),
    (DEVICE, "One charge lasts for up to eight hours [1]."),
    (DEVICE, "The warranty lasts 24 months, but the battery is covered for only 6 months [1]."),
    (DEVICE, "The battery isn't waterproof [1]."),
    (DEVICE, "Firmware version 2.3.1 fixed the overheating of the left motor [1]."),
    (EVENT, "The spring meeting is on 14 May 2024 in Lisbon [1]."),
    (EVENT, "It takes place on Tuesday, May 14th, in Room 204 [1]."),
    (EVENT, "Doors open at 8:30 a.m. [1]."),
    (EVENT, "Guests pay €25, members nothing [1]."),
    (EVENT, "Ana Costa opens the meeting; Rui Santos closes it [1]."),
    (EVENT, "The meeting will not be recorded: no recording will be made [1]."),
    (EVENT, "Registration closes on April 30 [1]. I hope this helps!"),
    (EVENT, "Hello! Registration closes on April 30. [1]"),
    (RULES, "Tickets are not refundable [1]."),
    (RULES, "You can't get a refund for tickets: they are non-refundable [1]."),
    (RULES, "The old app isn't available any longer [1]."),
    (RULES, "Projects can only be deleted by administrators [1]."),
    (RULES, "There is no support on Sundays [1]."),
    (RULES, "We don't ship outside of the EU [1]."),
    (RULES, "Never share your key [1]."),
    (RULES, "Firefox isn't supported, and neither is Safari [1]."),
    (RULES, "Smoking isn't allowed in any room [1]."),
    (RULES, "Backups are included in most plans [1]."),
    (RULES, "Deliveries arrive before 12:00 [1]."),
    (RULES, "VAT is not included in prices [1]."),
    (RULES, "The API accepts JSON [1]."),
    (RULES, "Invoices are due within 14 days [1]."),
    (RULES, "Uploads of over 25 MB fail [1]."),
    (RULES, "Safari is not supported [1]."),
)
UNSUPPORTED = (
    (RETURNS, "You can return unused items within 60 days of delivery [1].", "number"),
    (RETURNS, "You can return unused items within 30 weeks of delivery [1].", "number"),
    (RETURNS, "You can return unused items within 30 business days of delivery [1].", "number"),
    (RETURNS, "Refunds are paid within 30 days after we receive the parcel [1].", "number"),
    (RETURNS, "Refunds are paid within 6 business days [1].", "number"),
    (RETURNS, "Opened software can be returned [1].", "negation"),
    (RETURNS, "Unused items cannot be returned [1].", "negation"),
    (RETURNS, "Gift cards are refundable [1].", "negation"),
    (RETURNS, "Return shipping costs 4.95 dollars [1].", "number"),
    (RETURNS, "Return shipping is free [1].", "words"),
    (RETURNS, "You can return used items within 30 days of delivery [1].", "opposite"),
    (RETURNS, "You can return unused items within 30 days of delivery.", "uncited"),
    (RETURNS, "You can return unused items within 30 days of delivery [2].", "unknown citation"),
    (RETURNS, "Yes [1].", "words"),
    (
        RETURNS,
        "Refunds are paid to the original payment method. They never take longer than a week [1].",
        "uncited",
    ),
    (PLANS, "The Pro plan is free [1].", "name"),
    (PLANS, "The Basic plan costs $12 per user per month [1].", "name"),
    (PLANS, "The Pro plan includes 3 users [1].", "name"),
    (PLANS, "The Pro plan includes 10 GB of storage [1].", "name"),
    (PLANS, "The Pro plan costs $12 per user per year [1].", "opposite"),
    (PLANS, "The Basic plan includes phone support [1].", "negation"),
    (PLANS, "Annual billing is 20% more expensive than monthly billing [1].", "opposite"),
    (PLANS, "Monthly billing is 20% cheaper than annual billing [1].", "role"),
    (PLANS, "Pro customers reach us by phone from 9 am to 6 pm [1].", "date"),
    (PLANS, "Pro customers reach us by phone at weekends [1].", "opposite"),
    (PLANS, "The Enterprise plan starts at $12,000 a year [1].", "number"),
    (COMPANY, "Tomas Berg founded Acme Robotics in 2009 [1].", "name"),
    (COMPANY, "Brightwork acquired Acme Robotics in 2015 [1].", "role"),
    (COMPANY, "Acme Robotics was founded on 3 May 2009 [1].", "date"),
    (COMPANY, "Acme Robotics was founded in 2015 [1].", "number"),
    (COMPANY, "Maria Lindqvist has led the company since 1 July 2021 [1].", "name"),
    (COMPANY, "The Gothenburg office makes sensors [1].", "role"),
    (COMPANY, "Acme Robotics was founded in Stockholm [1].", "name"),
    (COMPANY, "It employs 540 people [1].", "number"),
    (SECURITY, "Data at rest is encrypted with AES-128 [1].", "number"),
    (SECURITY, "Data is encrypted in transit with TLS 1.2 [1].", "number"),
    (SECURITY, "Passwords must have at most 12 characters [1].", "number"),
    (SECURITY, "An account is locked after 12 failed attempts [1].", "number"),
    (SECURITY, "Administrators can disable two-factor authentication for members [1].", "negation"),
    (SECURITY, "We sell personal data [1].", "negation"),
    (SECURITY, "Backups are never kept for 90 days [1].", "negation"),
    (SECURITY, "Security reports go to support@acme.example [1].", "number"),
    (DEVICE, "It works between 10 °C and 40 °C [1].", "number"),
    (DEVICE, "The battery must be charged below 0 °C [1].", "negation"),
    (DEVICE, "The battery is waterproof [1].", "negation"),
    (DEVICE, "The warranty lasts six months [1].", "number"),
    (DEVICE, "Version 2.3.1 fixed the overheating of the right motor [1].", "opposite"),
    (DEVICE, "Version 2.1.3 of the firmware fixed the overheating of the left motor [1].", "number"),
    (DEVICE, "The Falcon X3 weighs 1.4 kg [1].", "number"),
    (DEVICE, "The Falcon X2 runs for at least 8 hours on one charge [1].", "number"),
    (EVENT, "The spring meeting takes place on 14 June 2024 [1].", "date"),
    (EVENT, "The spring meeting takes place on Thursday, 14 May 2024 [1].", "name"),
    (EVENT, "Members pay 25 euros [1].", "negation"),
    (EVENT, "Guests pay nothing [1].", "role"),
    (EVENT, "Rui Santos opens the meeting and Ana Costa closes it [1].", "role"),
    (EVENT, "A recording will be made [1].", "negation"),
    (EVENT, "Registration opens on 30 April [1].", "opposite"),
    (EVENT, "The autumn meeting takes place in Room 204 [1].", "opposite"),
    (EVENT, "Registration closes on 30 April [1]. The catering is vegetarian [1].", "words"),
    (EVENT, "I hope this helps!", ""),
    (EVENT, "", ""),
    (RULES, "Tickets are refundable [1].", ""),
    (RULES, "It is possible to change the date online [1].", ""),
    (RULES, "The old app is available [1].", ""),
    (RULES, "Members can delete projects [1].", ""),
    (RULES, "Support is available on Sundays [1].", ""),
    (RULES, "We ship outside the EU [1].", ""),
    (RULES, "You must share your key [1].", ""),
    (RULES, "Firefox is supported [1].", ""),
    (RULES, "Smoking is allowed in all rooms [1].", ""),
    (RULES, "Exchanges with a receipt are refused [1].", ""),
    (RULES, "Exchanges without a receipt are accepted [1].", ""),
    (RULES, "All plans include backups [1].", ""),
    (RULES, "Dogs are allowed in the pool [1].", ""),
    (RULES, "Deliveries arrive after noon [1].", ""),
    (RULES, "Prices include VAT [1].", ""),
    (RULES, "The API accepts XML and rejects JSON [1].", ""),
    (RULES, "The API accepts XML [1].", ""),
    (RULES, "Every invoice is due within 40 days [1].", ""),
    (RULES, "Every invoice is due within fourteen weeks [1].", ""),
    (RULES, "Cancellations made more than 24 hours in advance cost half of the price [1].", ""),
    (RULES, "Uploads of up to 25 MB fail [1].", ""),
    (RULES, "Cancellations made less than 24 hours in advance cost a quarter of the price [1].", ""),
    (RULES, "Cats are allowed in the garden [1].", ""),
    (RULES, "Uploads of more than 25 GB fail [1].", ""),
    (RULES, "You can change the date online [1].", ""),
    (RULES, "Smoking is not prohibited in all rooms [1].", ""),
    (RULES, "Firefox and Safari are supported [1].", ""),
)
"""With one of the faults that a reader would name; empty where it does not matter."""
MISSED = ((DEVICE, "The warranty of the battery lasts two years [1]."),)
"""Wrong answers that still pass: what is said of two things in one sentence is told apart only in part."""
STOPPED = (
    (RULES, "The date cannot be changed online: it is impossible [1]."),
    (RULES, "Dogs may be in the garden, but not in the pool [1]."),
    (PLANS, "With annual billing you pay 20 percent less: it is cheaper than monthly billing [1]."),
    (PLANS, "The cheapest plan costs nothing [1]."),
    (DEVICE, "Keep the battery away from water [1]."),
)
"""Right answers that are stopped all the same: too few of their words stand in the passage."""
