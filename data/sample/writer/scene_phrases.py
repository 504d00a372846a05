"""Scenes for sentence pairs: captions, headlines and forum advice, slot by slot.

A domain is a tuple of kin groups. Values of one group are half alike, synonyms of one
value (joined by ``|``) fully alike, all others unlike. ``left>right`` gives two forms of
the same value; a wording asks for them as ``{slot}`` and ``{slot_alt}``. An alternation
such as ``is/are`` agrees with the first slot of its wording. An empty value is left unsaid.
"""

from dataclasses import dataclass

Domain = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Scene:
    """One kind of event: what its slots are worth (five points in all) and how it is told.

    ``roles`` names two slots whose exchange turns the event around; ``denials`` are the
    wordings of the opposite statement; ``step`` is the grid its scores are rounded to.
    """

    slots: dict[str, tuple[str, float]]
    wordings: tuple[str, ...]
    denials: tuple[str, ...] = ()
    roles: tuple[str, str] | None = None
    step: float = 0.2


DOMAINS: dict[str, Domain] = {
    "person": (
        ("a man|a guy", "a woman|a lady", "an old man|an elderly man", "a young woman"),
        ("a boy|a little boy", "a girl|a little girl", "a child|a kid"),
        ("two men|two guys", "two women|two ladies", "two boys", "three girls"),
        ("a chef|a cook", "a farmer", "a soldier", "a nurse", "a street musician"),
        ("some children|some kids", "several people|a group of people"),
    ),
    "outfit": (
        ("",),
        ("in red|in red clothes", "in blue|in blue clothes", "in white|in white clothes"),
        ("in rubber boots", "in uniform"),
        ("with long hair", "with short hair|with cropped hair"),
        ("",),
    ),
    "indoor activity": (
        (
            "playing the guitar|strumming the guitar",
            "playing the piano",
            "playing the flute",
            "beating the drums|playing the drums",
            "playing the violin",
        ),
        (
            "slicing an onion|cutting an onion",
            "slicing tomatoes|cutting tomatoes",
            "peeling a potato",
            "frying an egg|cooking an egg",
            "stirring a pot of soup",
            "washing the dishes|doing the dishes",
        ),
        (
            "reading a newspaper|reading the paper",
            "reading a book",
            "writing a letter",
            "talking on the phone|speaking on the phone",
        ),
        ("dancing", "singing", "doing yoga", "lifting weights"),
        ("sewing a dress", "folding clothes", "ironing a shirt", "wrapping a present"),
    ),
    "outdoor activity": (
        (
            "riding a horse|sitting on a horse",
            "riding a bicycle|riding a bike",
            "riding a motorcycle|riding a motorbike",
            "driving a tractor",
        ),
        (
            "kicking a ball",
            "throwing a ball|tossing a ball",
            "running|jogging",
            "climbing a tree",
            "flying a kite",
        ),
        (
            "painting a fence",
            "painting a wall",
            "digging a hole",
            "watering flowers|watering plants",
            "cutting the grass|mowing the lawn",
        ),
        ("playing the guitar|strumming the guitar", "playing the flute", "dancing", "singing"),
        ("reading a newspaper|reading the paper", "reading a book", "eating a sandwich"),
    ),
    "indoor place": (
        ("",),
        ("in the kitchen", "in the living room", "in a small bedroom"),
        ("on a stage|on stage", "in a gym", "in a classroom"),
        ("at a table", "by a window|next to a window", "in front of a mirror"),
        ("in an office", "in a hotel"),
    ),
    "outdoor place": (
        ("",),
        ("on the beach|by the sea", "near a lake|by a lake", "next to a river|by a river"),
        ("in the street|on the street", "at the market", "outside a shop|in front of a store"),
        ("in the snow", "in the rain", "in the sun|in the sunshine"),
        ("in the park", "in a field|in a meadow", "in the garden|in the yard"),
    ),
    "creature": (
        ("a dog|a puppy", "a cat|a kitten", "a rabbit|a bunny"),
        ("a horse", "a cow", "a goat", "a sheep"),
        ("a man|a guy", "a woman|a lady", "a boy|a little boy", "a girl|a little girl"),
        ("a monkey", "a bear", "a tiger", "a wolf"),
        ("two dogs|two puppies", "two boys", "two girls", "three cats"),
    ),
    "deed": (
        ("chasing>chased|running after>pursued", "following>followed", "leading>led"),
        ("watching>watched|looking at>observed", "waiting for>awaited", "ignoring>ignored"),
        ("pulling>pulled|dragging>dragged", "pushing>pushed|shoving>shoved"),
        ("touching>touched", "approaching>approached", "passing>passed|walking past>passed"),
        ("biting>bitten", "attacking>attacked", "kicking>kicked"),
    ),
    "toll": (
        ("3", "4", "5", "7"),
        ("11", "12", "14", "16"),
        ("25", "28", "30", "34"),
        ("at least 60", "more than 70", "about 80"),
        ("hundreds", "dozens"),
    ),
    "harm": (
        (
            "killed>dead|dead>dead",
            "injured>injured|hurt>hurt",
            "missing>missing",
            "trapped>trapped",
        ),
    ),
    "disaster": (
        ("bus crash|coach crash", "train crash|rail crash", "plane crash", "ferry accident"),
        ("earthquake|quake", "landslide|mudslide", "flood", "snow storm|blizzard"),
        ("factory fire|factory blaze", "hotel fire|hotel blaze", "forest fire|wildfire"),
        ("bomb attack|bombing", "shooting", "knife attack"),
        ("mine collapse", "bridge collapse", "gas explosion|gas blast"),
    ),
    "region": (
        ("Peru", "Chile", "Brazil", "Bolivia"),
        ("Norway", "Finland", "Sweden", "Denmark"),
        ("Kenya", "Uganda", "Ghana", "Nigeria"),
        ("India", "Nepal", "Pakistan", "Bangladesh"),
        ("Spain", "Portugal", "Italy", "Greece"),
        ("Japan", "China", "Vietnam", "Thailand"),
    ),
    "speech": (
        ("accuses>accused|blames>blamed", "criticises>criticised", "warns>warned"),
        ("praises>praised|lauds>lauded", "thanks>thanked", "congratulates>congratulated"),
        ("sues>sued", "fines>fined", "boycotts>boycotted|shuns>shunned"),
    ),
    "issue": (
        ("fishing rights", "water rights", "border dispute|border row"),
        ("gas prices|price of gas", "oil prices|price of oil", "steel imports"),
        ("climate deal|climate pact", "nuclear deal|nuclear pact", "trade deal|trade pact"),
        ("spy case|spying case", "prison deaths", "election result"),
    ),
    "team": (
        ("Peru", "Chile", "Brazil", "Mexico"),
        ("Norway", "Finland", "Sweden", "Denmark"),
        ("Kenya", "Ghana", "Nigeria", "Egypt"),
        ("Spain", "Portugal", "Italy", "Greece"),
        ("Japan", "China", "Vietnam", "India"),
    ),
    "result": (("2-0", "3-0", "4-0"), ("2-1", "3-1", "3-2"), ("on penalties|after penalties",)),
    "stage": (
        ("final", "semi-final", "quarter-final"),
        ("friendly|friendly match", "opening match|first match", "qualifier"),
    ),
    "body": (
        ("government", "parliament", "senate"),
        ("finance ministry|treasury", "labour ministry", "transport ministry"),
        ("city council|town hall", "mayor", "regional council"),
        ("president", "prime minister"),
    ),
    "change": (
        ("raises|lifts|increases", "plans to raise|wants to raise"),
        ("cuts|lowers|reduces", "plans to cut|wants to cut"),
        ("delays decision on|puts off decision on", "debates|discusses", "votes on"),
        ("promises to review|vows to review", "starts to review|begins to review"),
        ("refuses to review|will not review", "freezes"),
    ),
    "measure": (
        ("sales tax", "income tax", "fuel tax|petrol tax"),
        ("ticket prices|fares", "energy bills", "school fees"),
        ("minimum wage", "old age pensions|state pensions", "teacher pay|wages of teachers"),
        ("speed limits", "visa fees", "water charges"),
    ),
    "when": (
        ("",),
        ("on Monday", "on Tuesday", "on Friday"),
        ("before election|ahead of vote", "after election|after vote"),
        ("for second time|again", "for first time"),
        ("despite protests|in spite of protests", "after protests|following protests"),
    ),
    "company": (
        ("Northwind", "Alba Air", "Skyline"),
        ("Baltic Bank", "First Savings", "Union Credit"),
        ("Orion Motors", "Falk Trucks", "Delta Cars"),
        ("Greenleaf Foods", "Harvest", "Golden Mill"),
    ),
    "move": (("rose|climbed", "jumped|soared"), ("fell|dropped", "plunged|sank")),
    "percent": (("1.5", "2.1", "2.8"), ("6.4", "7.2", "8.3"), ("15", "17", "20")),
    "day": (("on Monday", "on Tuesday", "on Wednesday"), ("last week", "last month"), ("",)),
    "trigger": (
        ("it reported a profit|it announced a profit", "it won a contract|it secured a contract"),
        ("it reported a loss|it announced a loss", "it lost a large contract"),
        ("its chairman resigned|its chairman stepped down", "its chairman was arrested"),
        (
            "it recalled a product|it withdrew a product",
            "it closed two offices|it shut two offices",
        ),
    ),
    "step": (
        (
            "make a backup>making a backup|save a copy>saving a copy",
            "update the system>updating the system|install the update>installing the update",
            "change the password>changing the password",
            "delete the old files>deleting the old files|remove the old files>"
            "removing the old files",
        ),
        (
            "heat the pan>heating the pan",
            "add the oil>adding the oil|pour in the oil>pouring in the oil",
            "salt the water>salting the water",
            "chop the garlic>chopping the garlic|cut up the garlic>cutting up the garlic",
        ),
        (
            "call the landlord>calling the landlord|phone the landlord>phoning the landlord",
            "sign the contract>signing the contract",
            "pay the deposit>paying the deposit",
            "see a lawyer>seeing a lawyer|talk to a lawyer>talking to a lawyer",
        ),
        (
            "sand the wood>sanding the wood",
            "paint the door>painting the door",
            "measure the frame>measuring the frame",
            "glue the joints>gluing the joints",
        ),
        (
            "stretch your legs>stretching your legs",
            "go for a run>going for a run|go running>going running",
            "drink some water>drinking some water",
            "eat a big meal>eating a big meal|have a large meal>having a large meal",
        ),
    ),
    "taste": (
        ("tea", "coffee", "hot chocolate"),
        ("trains|rail travel", "planes|flying", "buses|coaches"),
        ("paper books|printed books", "audio books", "comics"),
        ("cats", "dogs", "parrots"),
        ("winter", "summer", "autumn"),
        ("cycling", "swimming", "yoga"),
    ),
    "reason": (
        ("of the cost|of the price", "of the noise"),
        ("I have little time|I am short of time", "I have a bad back"),
        ("my children insist|my kids insist", "my doctor told me to|that is my doctor's advice"),
        ("of old memories|of my childhood", "of the smell"),
    ),
    "who": (("you", "the first poster"), ("the author|the writer", "the editor"), ("my teacher",)),
    "claim": (
        ("the rule is fair|the rule is just", "the rule is clear|the rule is easy to follow"),
        ("the tax should go up|the tax should rise", "the fees should go up|the fees should rise"),
        ("the test was too hard|the test was too difficult", "the test was too long"),
        (
            "the comma is needed|you need the comma",
            "the full stop is needed|you need the full stop",
        ),
        ("the sequel is better than the book", "the film is better than the book"),
        ("the law came before the crisis", "the reform came before the crisis"),
        (
            "the new logo looks cheap|the new logo seems cheap",
            "the new logo looks like the old one",
        ),
    ),
}

CAPTIONS = (
    "{who} {outfit} is/are {act} {place}.",
    "{who} {outfit} is/are {act} {place}.",
    "there is/are {who} {outfit} {act} {place}.",
    "{who} {outfit} can be seen {act} {place}.",
)

CAPTION_DENIALS = (
    "{who} {outfit} is/are not {act} {place}.",
    "{who} {outfit} {place} has/have stopped {act}.",
)

SCENES: tuple[Scene, ...] = (
    Scene(
        {
            "who": ("person", 1.3),
            "outfit": ("outfit", 0.6),
            "act": ("indoor activity", 2.2),
            "place": ("indoor place", 0.9),
        },
        CAPTIONS,
        CAPTION_DENIALS,
    ),
    Scene(
        {
            "who": ("person", 1.3),
            "outfit": ("outfit", 0.6),
            "act": ("outdoor activity", 2.2),
            "place": ("outdoor place", 0.9),
        },
        CAPTIONS,
        CAPTION_DENIALS,
    ),
    Scene(
        {
            "a": ("creature", 1.3),
            "deed": ("deed", 1.6),
            "b": ("creature", 1.3),
            "place": ("outdoor place", 0.8),
        },
        (
            "{a} is/are {deed} {b} {place}.",
            "{a} is/are {deed} {b} {place}.",
            "{b} is/are being {deed_alt} by {a} {place}.",
            "there is/are {a} {deed} {b} {place}.",
        ),
        ("{a} is/are not {deed} {b} {place}.", "{b} is/are not being {deed_alt} by {a} {place}."),
        roles=("a", "b"),
    ),
    Scene(
        {
            "toll": ("toll", 0.9),
            "harm": ("harm", 1.1),
            "disaster": ("disaster", 1.9),
            "region": ("region", 1.1),
        },
        (
            "{toll} {harm} in {disaster} in {region}",
            "{disaster} in {region}: {toll} {harm}",
            "{disaster} leaves {toll} {harm_alt} in {region}",
            "{region} {disaster}: {toll} reported {harm}",
        ),
    ),
    Scene(
        {
            "a": ("region", 1.25),
            "speech": ("speech", 1.4),
            "b": ("region", 1.25),
            "issue": ("issue", 1.1),
        },
        (
            "{a} {speech} {b} over {issue}",
            "{a} {speech} {b} over {issue}",
            "{b} {speech_alt} by {a} over {issue}",
            "{issue}: {a} {speech} {b}",
        ),
        roles=("a", "b"),
        step=0.25,
    ),
    Scene(
        {
            "a": ("team", 1.5),
            "b": ("team", 1.5),
            "result": ("result", 0.8),
            "stage": ("stage", 1.2),
        },
        (
            "{a} beat {b} {result} in {stage}",
            "{b} lose to {a} {result} in {stage}",
            "{a} win {stage} against {b} {result}",
            "{b} beaten by {a} in {stage} {result}",
        ),
        roles=("a", "b"),
    ),
    Scene(
        {
            "body": ("body", 1.3),
            "change": ("change", 1.5),
            "measure": ("measure", 1.5),
            "when": ("when", 0.7),
        },
        (
            "{body} {change} {measure} {when}",
            "{body} {change} {measure} {when}",
            "{measure}: {body} {change} it/them {when}",
        ),
    ),
    Scene(
        {
            "company": ("company", 1.3),
            "move": ("move", 1.4),
            "percent": ("percent", 0.6),
            "day": ("day", 0.5),
            "trigger": ("trigger", 1.2),
        },
        (
            "Shares of {company} {move} {percent} percent {day} after {trigger}.",
            "{company} shares {move} {percent} percent {day} after {trigger}.",
            "After {trigger}, shares of {company} {move} {percent} percent {day}.",
            "The stock of {company} {move} by {percent} percent {day} when {trigger}.",
        ),
        step=0.25,
    ),
    Scene(
        {"a": ("step", 2.5), "b": ("step", 2.5)},
        (
            "you should {a} before {b_alt}.",
            "before {b_alt}, you should {a}.",
            "my advice is to {a} before {b_alt}.",
            "it is best to {a} first and {b} afterwards.",
            "{a} first, then {b}.",
            "I would only {b} after {a_alt}.",
        ),
        ("you should not {a} before {b_alt}.", "it is a mistake to {a} before {b_alt}."),
        roles=("a", "b"),
        step=0.25,
    ),
    Scene(
        {"a": ("taste", 1.75), "b": ("taste", 1.75), "reason": ("reason", 1.5)},
        (
            "I prefer {a} to {b} because {reason}.",
            "I like {a} better than {b} because {reason}.",
            "I like {b} less than {a} because {reason}.",
            "because {reason}, I choose {a} over {b}.",
            "for me it is {a} rather than {b}, because {reason}.",
        ),
        ("I do not prefer {a} to {b} just because {reason}.",),
        roles=("a", "b"),
        step=0.25,
    ),
    Scene(
        {"who": ("who", 1.5), "claim": ("claim", 3.5)},
        (
            "I agree with {who} that {claim}.",
            "I think {who} is/are right that {claim}.",
            "like {who}, I believe that {claim}.",
        ),
        (
            "I do not agree with {who} that {claim}.",
            "I think {who} is/are wrong that {claim}.",
            "unlike {who}, I do not believe that {claim}.",
        ),
        step=0.5,
    ),
)
