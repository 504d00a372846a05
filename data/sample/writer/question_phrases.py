"""Everyday questions: topics, their intents with several phrasings, and the slot values.

Synonyms of one value are joined by ``|``; the two halves of a pair by ``>``. Within an
intent every phrasing asks the same thing, so the order of the slots in it is what counts:
``from {a} to {b}`` may read ``to {b} from {a}`` elsewhere, but never ``from {b} to {a}``.
"""

from dataclasses import dataclass

from writer.grammar import listed

Intents = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Topic:
    """Intents that share their slots; ``ordered`` ones change meaning when a and b swap."""

    slots: dict[str, str]
    intents: Intents
    ordered: frozenset[str] = frozenset()


VALUES: dict[str, tuple[str, ...]] = {
    "city": listed(
        "Paris|Rome|Berlin|Madrid|Lisbon|Vienna|Prague|Oslo|Athens|Dublin|Munich|Geneva|"
        "Milan|Naples|Warsaw|Budapest|Hamburg|Brussels"
    ),
    "vehicle": ("train|rail", "car", "bus|coach", "bike|bicycle", "plane|air"),
    "month": ("January", "March", "April", "June", "August", "October", "December"),
    "food": (
        "fried fish|fish and chips",
        "vegetarian food|food without meat",
        "pizza",
        "ice cream|gelato",
        "street food",
        "a business lunch|a working lunch",
        "fresh bread",
        "a bowl of noodles|noodle soup",
    ),
    "country": listed(
        "Canada|Japan|Brazil|Kenya|India|Norway|Spain|Chile|Egypt|Poland|Vietnam|Ireland|Turkey|"
        "Mexico|Ghana|Finland"
    ),
    "language": listed(
        "Spanish|German|French|Japanese|Italian|Russian|Arabic|Korean|Portuguese|Turkish|Polish|"
        "Greek|Swedish|Dutch|Hindi|Swahili"
    ),
    "word": (
        "thank you|thanks",
        "good morning",
        "see you later|see you soon",
        "cheers",
        "excuse me|pardon me",
        "happy birthday",
        "good luck",
        "I am lost",
    ),
    "code": ("Python", "Java", "Rust", "Ruby", "Swift", "Kotlin", "JavaScript", "Scala", "Haskell"),
    "purpose": (
        "web servers|web backends",
        "data analysis|analysing data",
        "beginners|a first language",
        "mobile games|games on phones",
        "small scripts|short scripts",
        "machine learning",
    ),
    "chore": (
        "sort a list",
        "open and read a file|read a file",
        "reverse a string|turn a string around",
        "parse a date",
        "remove duplicates from a list|drop repeated items from a list",
        "write a unit test",
        "connect to a database|talk to a database",
        "handle errors|deal with exceptions",
        "merge two tables|join two tables",
        "send an email",
        "draw a chart|plot a graph",
        "download a web page|fetch a web page",
    ),
    "units": (
        "kilometres > miles",
        "metres > feet",
        "inches > centimetres",
        "kilograms|kilos > pounds",
        "grams > ounces",
        "litres > gallons",
        "Celsius > Fahrenheit",
        "euros > dollars",
        "minutes > hours",
        "square metres > acres",
    ),
    "formats": (
        "a PDF file|a PDF > a Word document|a Word file",
        "a photo|a picture > a drawing|a sketch",
        "a spreadsheet > a text file",
        "a video > an audio file|a sound file",
        "handwriting > plain text",
        "a web page > an app",
    ),
    "gadget": (
        "laptop|notebook computer",
        "phone|smartphone",
        "tablet",
        "television|TV",
        "camera",
        "printer",
        "desktop computer|desktop PC",
    ),
    "device": (
        "laptop|notebook computer",
        "phone|smartphone",
        "tablet",
        "desktop computer|desktop PC",
        "work computer|office computer",
    ),
    "fault": (
        "restart by itself|reboot on its own",
        "overheat|get too hot",
        "slow down|become slow",
        "make a strange noise|make odd noises",
        "lose its settings|forget its settings",
        "switch itself off|shut down for no reason",
        "drop the connection|disconnect from the network",
    ),
    "budget": ("200", "300", "500", "800", "1000"),
    "buyers": (
        "children|kids",
        "students",
        "older people|the elderly",
        "travellers|people who travel a lot",
        "teenagers|teens",
        "office workers",
        "a small company|a small firm",
    ),
    "stuff": (
        "photos|pictures",
        "contacts",
        "music|songs",
        "messages|texts",
        "documents|files",
        "videos|clips",
    ),
    "symptom": (
        "a headache|head pain",
        "back pain|a sore back",
        "a sore throat|throat pain",
        "a dry cough|dry coughing",
        "trouble sleeping|insomnia",
        "a high temperature|a fever",
        "toothache|tooth pain",
        "dry skin",
        "hay fever|a pollen allergy",
        "stomach ache|stomach pain",
        "eye strain",
    ),
    "patients": (
        "children|kids",
        "adults|grown-ups",
        "older people|the elderly",
        "pregnant women|expectant mothers",
        "babies|infants",
        "runners|joggers",
        "office workers|people who sit all day",
    ),
    "habit": (
        "stop smoking|quit smoking",
        "lose weight|get rid of extra weight",
        "get used to waking up early|get used to early mornings",
        "finish a long novel|read a long novel to the end",
        "cut down on coffee|drink less coffee",
        "stop biting nails",
        "learn to swim",
        "stop putting things off|stop procrastinating",
        "get better at remembering names",
        "spend less time online|use the internet less",
        "write a book",
        "feel at ease on a stage|get comfortable speaking in public",
        "save up for a car|put money aside for a car",
        "get used to less sugar|cut down on sugar",
        "train for a marathon|prepare for a marathon",
        "learn the piano|learn to play the piano",
    ),
    "life": (
        "full-time job|job that fills the day",
        "large family|big family",
        "busy schedule|full calendar",
        "new baby|newborn child",
        "demanding boss|strict boss",
        "night shift|job at night",
    ),
    "job": (
        "doctor|physician",
        "lawyer|attorney",
        "teacher",
        "nurse",
        "pilot",
        "programmer|software developer",
        "accountant",
        "architect",
        "journalist|reporter",
        "chef|cook",
        "police officer",
        "librarian",
    ),
    "relation": (
        "teacher > student|pupil",
        "manager|boss > employee|worker",
        "parent > teenager",
        "doctor|physician > patient",
        "landlord > tenant",
        "lawyer|attorney > client",
        "coach > player",
        "grandparent > grandchild",
        "host > guest",
        "older brother > younger sister",
        "seller > buyer",
    ),
    "field": (
        "computer science|computing",
        "economics",
        "medicine",
        "law",
        "physics",
        "history",
        "architecture",
        "psychology",
        "biology",
        "music",
        "mathematics|maths",
    ),
    "animal": (
        "cats",
        "dogs",
        "horses",
        "parrots",
        "rabbits",
        "elephants",
        "wolves",
        "sheep",
        "snakes",
        "mice",
        "bears",
        "owls",
        "geese",
        "foxes",
    ),
    "habitat": (
        "in the wild|in nature",
        "in captivity|in a zoo",
        "in winter|in the cold months",
        "on a farm",
        "in the desert",
        "near big cities|close to large towns",
    ),
    "planet": (
        "Mars",
        "Venus",
        "Jupiter",
        "Saturn",
        "Mercury",
        "Neptune",
        "Uranus",
        "Pluto",
        "the Moon",
        "the Earth",
    ),
    "ingredient": (
        "butter",
        "olive oil",
        "honey",
        "sugar",
        "milk",
        "cream",
        "yoghurt",
        "margarine",
        "apple sauce",
        "coconut oil",
    ),
    "dish": (
        "a cake",
        "pancakes",
        "bread",
        "a salad dressing",
        "biscuits|cookies",
        "a pie",
        "soup",
    ),
    "staple": (
        "rice",
        "pasta",
        "potatoes",
        "eggs",
        "chicken",
        "fish",
        "beans",
        "lentils",
        "mushrooms",
        "carrots",
        "broccoli",
    ),
    "kitchen": (
        "in a microwave",
        "in a pressure cooker",
        "in an oven|in the oven",
        "on a campfire|over an open fire",
        "in salt water|in salted water",
        "on a gas stove|over gas",
    ),
    "money": (
        "buy a house|buy a home",
        "pay off my loan|pay back my loan",
        "start a company|found a business",
        "invest in shares|put money into stocks",
        "get married",
        "finish my degree|complete my studies",
        "move abroad|move to another country",
        "have children|have kids",
        "quit my job|leave my job",
        "save for old age|save for retirement",
        "buy a car",
    ),
    "plant": (
        "tomatoes",
        "roses",
        "orchids",
        "herbs",
        "lemon trees",
        "strawberries",
        "ferns",
        "cactus plants|cacti",
        "tulips",
        "peppers",
    ),
    "spot": (
        "indoors|inside the house",
        "outdoors|in the garden",
        "on a balcony",
        "in summer|in the hot months",
        "in clay soil",
        "in the shade|without direct sun",
    ),
    "sport": (
        "swimming",
        "cycling|riding a bike",
        "running|jogging",
        "yoga",
        "tennis",
        "rowing",
        "boxing",
        "dancing",
        "climbing",
        "football|soccer",
    ),
    "goal": (
        "losing weight|burning fat",
        "a strong back",
        "people with bad knees|people with knee problems",
        "reducing stress|fighting stress",
        "beginners over fifty",
        "the heart",
    ),
}

TOPICS: tuple[Topic, ...] = (
    Topic(
        {"a": "city", "b": "city", "m": "vehicle"},
        {
            "duration": (
                "How long does it take to get from {a} to {b} by {m}?",
                "How many hours does the trip from {a} to {b} take by {m}?",
                "What is the travel time to {b} from {a} by {m}?",
                "If I go to {b} by {m} from {a}, how long will I be on the way?",
                "How much time do I need for the journey from {a} to {b} by {m}?",
            ),
            "fare": (
                "How much does it cost to get from {a} to {b} by {m}?",
                "What is the price of a trip from {a} to {b} by {m}?",
                "How expensive is it to travel to {b} from {a} by {m}?",
                "What would I pay for a journey to {b} by {m} if I start in {a}?",
            ),
            "night": (
                "Is it safe to travel from {a} to {b} by {m} at night?",
                "Should I worry about going to {b} from {a} by {m} at night?",
                "Is a night trip by {m} from {a} to {b} a good idea?",
            ),
        },
        frozenset({"duration", "fare", "night"}),
    ),
    Topic(
        {"a": "city", "m": "month"},
        {
            "weather": (
                "What is the weather like in {a} in {m}?",
                "How warm is it in {a} in {m}?",
                "What kind of weather should I expect in {m} in {a}?",
                "How warm or cold does it get in {a} in {m}?",
            ),
            "visit": (
                "Is {m} a good time to visit {a}?",
                "Should I visit {a} in {m}?",
                "Is it worth going to {a} in {m}?",
                "Would you recommend a holiday in {a} in {m}?",
            ),
            "crowds": (
                "How crowded is {a} in {m}?",
                "Are there many tourists in {a} in {m}?",
                "Do a lot of visitors come to {a} in {m}?",
            ),
        },
    ),
    Topic(
        {"a": "city", "f": "food"},
        {
            "where": (
                "Where can I find {f} in {a}?",
                "Which places in {a} serve {f}?",
                "What is the best place for {f} in {a}?",
                "I am hungry and in {a}: where do they have {f}?",
            ),
            "cost": (
                "How much do you pay for {f} in {a}?",
                "What does {f} cost in {a}?",
                "Is {f} expensive in {a}?",
            ),
        },
    ),
    Topic(
        {"a": "country", "b": "country"},
        {
            "visa": (
                "How do I get a visa for {b} as a citizen of {a}?",
                "What does someone from {a} need in order to get a visa for {b}?",
                "I am a citizen of {a}: how can I apply for a visa to {b}?",
                "What are the visa rules for travellers to {b} from {a}?",
            ),
            "send": (
                "What is the cheapest way to send money from {a} to {b}?",
                "How can I transfer money to {b} from {a} without high fees?",
                "Which bank is cheapest for sending money from {a} to {b}?",
            ),
            "work": (
                "Can people from {a} work in {b} without a permit?",
                "Do I need a permit to work in {b} if I come from {a}?",
                "Is a work permit needed in {b} for people from {a}?",
            ),
            "compare": (
                "Is life in {a} more expensive than in {b}?",
                "Is it cheaper to live in {b} than in {a}?",
                "Is the cost of living in {a} higher than in {b}?",
                "Do you need more money to live in {a} than in {b}?",
            ),
            "distance": (
                "What is the distance between {a} and {b}?",
                "How far apart are {a} and {b}?",
                "How far is {b} from {a}?",
            ),
        },
        frozenset({"visa", "send", "work", "compare"}),
    ),
    Topic(
        {"a": "language", "b": "language"},
        {
            "translate": (
                "How do I translate a letter from {a} into {b}?",
                "Who can turn my letter in {a} into {b}?",
                "What is the best way to have a letter translated into {b} from {a}?",
                "I have a letter in {a} and need it in {b}, what can I do?",
            ),
            "harder": (
                "Is {a} harder to learn than {b}?",
                "Is {b} easier to learn than {a}?",
                "Is it more difficult to study {a} than {b}?",
                "Compared with {b}, is {a} a hard language?",
            ),
            "first": (
                "Should I learn {a} before {b}?",
                "Does it make sense to learn {a} first and {b} later?",
                "Is it better to start with {a} and go on to {b} afterwards?",
                "Should I leave {b} until I know {a}?",
            ),
            "alike": (
                "How similar are {a} and {b}?",
                "Do {a} and {b} have a lot in common?",
                "Is {a} close to {b} as a language?",
            ),
        },
        frozenset({"translate", "harder", "first"}),
    ),
    Topic(
        {"w": "word", "l": "language"},
        {
            "say": (
                'How do you say "{w}" in {l}?',
                'What is the {l} expression for "{w}"?',
                'How can I tell somebody "{w}" in {l}?',
            ),
            "spell": (
                'How is "{w}" written in {l}?',
                'How do I write "{w}" in {l}?',
                'What is the correct spelling of "{w}" in {l}?',
            ),
            "polite": (
                'Is it rude to say "{w}" to a stranger in {l}?',
                'Can I say "{w}" to people I do not know in {l}?',
                'Is "{w}" impolite among strangers in {l}?',
            ),
        },
    ),
    Topic(
        {"a": "code", "b": "code", "p": "purpose"},
        {
            "better": (
                "Is {a} better than {b} for {p}?",
                "For {p}, is {a} a better choice than {b}?",
                "Is {b} worse than {a} for {p}?",
                "Should I prefer {a} to {b} for {p}?",
                "Does {a} beat {b} when it comes to {p}?",
            ),
            "switch": (
                "Is it worth switching from {a} to {b} for {p}?",
                "Should I give up {a} and use {b} for {p}?",
                "Does it pay to move to {b} from {a} for {p}?",
            ),
            "difference": (
                "What is the difference between {a} and {b} for {p}?",
                "How does {a} differ from {b} for {p}?",
                "In what way are {a} and {b} different when used for {p}?",
            ),
        },
        frozenset({"better", "switch"}),
    ),
    Topic(
        {"c": "chore", "a": "code"},
        {
            "how": (
                "How do I {c} in {a}?",
                "What is the simplest way to {c} in {a}?",
                "How can a beginner {c} with {a}?",
                "Can somebody show me how to {c} in {a}?",
            ),
            "slow": (
                "Why is it so slow to {c} in {a}?",
                "What makes {a} take so long to {c}?",
                "Why does {a} need so much time to {c}?",
            ),
            "library": (
                "Which {a} library do I need to {c}?",
                "Is there a good library to {c} in {a}?",
                "What package lets me {c} in {a}?",
            ),
        },
    ),
    Topic(
        {"a b": "units"},
        {
            "convert": (
                "How do I convert {a} to {b}?",
                "What is the formula for turning {a} into {b}?",
                "How can I change a value in {a} to {b}?",
                "What is the rule for getting {b} from {a}?",
                "How do you calculate {b} if you know {a}?",
            ),
            "table": (
                "Where can I find a table from {a} to {b}?",
                "Is there a printed chart that converts {a} into {b}?",
                "Who has a good list for going from {a} to {b}?",
            ),
            "why": (
                "Why do some people still use {a} instead of {b}?",
                "Why is {a} preferred to {b} in some places?",
                "What is the reason some people choose {a} over {b}?",
            ),
        },
        frozenset({"convert", "table", "why"}),
    ),
    Topic(
        {"a b": "formats", "g": "device"},
        {
            "convert": (
                "How do I convert {a} to {b} on my {g}?",
                "How can I turn {a} into {b} with a {g}?",
                "What is the easiest way to make {b} out of {a} on a {g}?",
                "Which program creates {b} from {a} on a {g}?",
            ),
            "quality": (
                "Do I lose quality when I change {a} to {b} on my {g}?",
                "Is there a loss of quality if {a} becomes {b} on a {g}?",
                "Does turning {a} into {b} on a {g} make it worse?",
            ),
        },
        frozenset({"convert", "quality"}),
    ),
    Topic(
        {"s": "stuff", "a": "device", "b": "device"},
        {
            "copy": (
                "How do I copy {s} from my {a} to my {b}?",
                "How can I move {s} to my {b} from my {a}?",
                "What is the fastest way to transfer {s} from a {a} to a {b}?",
                "I want the {s} on my {a} to be on my {b}: how do I do that?",
            ),
            "lost": (
                "Why did my {s} disappear when I moved them from my {a} to my {b}?",
                "Where did my {s} go after I sent them to my {b} from my {a}?",
                "What happened to the {s} I copied from my {a} to my {b}?",
            ),
        },
        frozenset({"copy", "lost"}),
    ),
    Topic(
        {"g": "gadget", "f": "fault"},
        {
            "why": (
                "Why does my {g} {f}?",
                "What makes my {g} {f}?",
                "What is the reason a {g} would {f}?",
                "Why would a new {g} suddenly {f}?",
            ),
            "fix": (
                "What should I do if my {g} starts to {f}?",
                "How do I repair a {g} when it begins to {f}?",
                "How can I make sure my {g} does not {f}?",
            ),
            "warranty": (
                "Do I get my money back if my {g} starts to {f}?",
                "Will the shop refund a {g} that begins to {f}?",
                "Can I return my {g} because it tends to {f}?",
            ),
        },
    ),
    Topic(
        {"g": "gadget", "p": "budget", "w": "buyers"},
        {
            "buy": (
                "What is the best {g} under {p} dollars for {w}?",
                "Which {g} would you buy for {w} with less than {p} dollars?",
                "Can you recommend a {g} below {p} dollars for {w}?",
            ),
            "need": (
                "Is it necessary to get {w} a {g} for {p} dollars?",
                "Is a {g} for {p} dollars wasted on {w}?",
                "Does it make sense to spend {p} dollars on a {g} for {w}?",
            ),
        },
    ),
    Topic(
        {"s": "symptom", "w": "patients"},
        {
            "cause": (
                "What causes {s} in {w}?",
                "Why do {w} get {s}?",
                "What are the reasons for {s} in {w}?",
                "Where does {s} come from in {w}?",
            ),
            "remedy": (
                "What is the best remedy for {s} in {w}?",
                "How can {w} get rid of {s}?",
                "What helps {w} against {s}?",
                "How do you treat {s} in {w}?",
            ),
            "danger": (
                "Should {w} worry about {s}?",
                "Is {s} dangerous for {w}?",
                "How serious is {s} in {w}?",
            ),
        },
    ),
    Topic(
        {"h": "habit", "l": "life"},
        {
            "how": (
                "How can I {h} with a {l}?",
                "What is the best way to {h} if you have a {l}?",
                "Do you have any tips to {h} for someone with a {l}?",
                "I have a {l}: how do I manage to {h}?",
            ),
            "why": (
                "Why is it so hard to {h} with a {l}?",
                "What makes it difficult to {h} when you have a {l}?",
                "Why do people with a {l} fail to {h}?",
            ),
            "duration": (
                "How long does it take to {h} with a {l}?",
                "How many months do you need to {h} if you have a {l}?",
                "How soon can someone with a {l} {h}?",
            ),
        },
    ),
    Topic(
        {"j": "job", "c": "country"},
        {
            "become": (
                "How do I become a {j} in {c}?",
                "What does it take to work as a {j} in {c}?",
                "Which steps lead to a career as a {j} in {c}?",
                "What do I have to study in {c} to be a {j}?",
            ),
            "salary": (
                "How much does a {j} earn in {c}?",
                "What is the average salary of a {j} in {c}?",
                "Is a {j} well paid in {c}?",
            ),
            "hours": (
                "How many hours a week does a {j} work in {c}?",
                "What does the working week of a {j} look like in {c}?",
                "Does a {j} in {c} have to work long hours?",
            ),
        },
    ),
    Topic(
        {"a": "job", "b": "job"},
        {
            "change": (
                "How can a {a} become a {b} after thirty?",
                "Is it possible to work as a {b} after years as a {a}?",
                "I am a {a}: what do I have to do to become a {b}?",
                "How do I change my career from {a} to {b}?",
            ),
            "earn": (
                "Does a {a} earn more than a {b}?",
                "Is a {b} paid less than a {a}?",
                "Is the salary of a {a} higher than that of a {b}?",
            ),
            "marry": (
                "Is it a good idea for a {a} and a {b} to live together?",
                "Do a {a} and a {b} make a happy couple?",
                "Can a marriage between a {a} and a {b} work?",
            ),
        },
        frozenset({"change", "earn"}),
    ),
    Topic(
        {"a b": "relation"},
        {
            "trust": (
                "How can a {a} earn the trust of a {b}?",
                "What makes a {b} trust a {a}?",
                "What should a {a} do so that a {b} trusts them?",
                "How does a {a} win the confidence of a {b}?",
            ),
            "sorry": (
                "How should a {a} apologise to a {b}?",
                "How does a {a} say sorry to a {b}?",
                "What is the best way to apologise to a {b} as a {a}?",
            ),
            "listen": (
                "Why does a {a} never listen to a {b}?",
                "Why is a {b} so rarely heard by a {a}?",
                "How can a {b} make a {a} listen?",
                "What can a {b} do to be heard by a {a}?",
            ),
            "gift": (
                "What is a good gift from a {a} to a {b}?",
                "What should a {a} give a {b} as a present?",
                "Which present would a {b} like to get from a {a}?",
            ),
            "friends": (
                "Can a {a} and a {b} be friends?",
                "Is friendship possible between a {a} and a {b}?",
                "Is it fine for a {a} and a {b} to be close friends?",
            ),
        },
        frozenset({"trust", "sorry", "listen", "gift"}),
    ),
    Topic(
        {"f": "field", "c": "country"},
        {
            "worth": (
                "Is it worth studying {f} in {c}?",
                "Should I go to {c} for a degree in {f}?",
                "Does a degree in {f} from {c} pay off?",
            ),
            "where": (
                "Which university in {c} is best for {f}?",
                "Where in {c} should I study {f}?",
                "What is the top school for {f} in {c}?",
            ),
            "fees": (
                "How much does a degree in {f} cost in {c}?",
                "What are the fees for studying {f} in {c}?",
                "Is it expensive to study {f} in {c}?",
            ),
        },
    ),
    Topic(
        {"a": "animal", "b": "animal"},
        {
            "chase": (
                "Why do {a} chase {b}?",
                "What makes {a} run after {b}?",
                "Why are {b} chased by {a}?",
                "What is the reason {b} have to run from {a}?",
            ),
            "smart": (
                "Are {a} smarter than {b}?",
                "Are {a} more intelligent than {b}?",
                "Do {a} have a better brain than {b}?",
                "Are {b} less intelligent than {a}?",
            ),
            "fear": (
                "Are {a} afraid of {b}?",
                "Do {b} frighten {a}?",
                "Do {a} fear {b}?",
            ),
            "share": (
                "Can {a} and {b} live in the same place?",
                "Is it possible to keep {a} and {b} together?",
                "Do {a} and {b} get along?",
            ),
        },
        frozenset({"chase", "smart", "fear"}),
    ),
    Topic(
        {"a": "animal", "h": "habitat"},
        {
            "age": (
                "How long do {a} live {h}?",
                "What is the lifespan of {a} {h}?",
                "How old do {a} get {h}?",
            ),
            "diet": (
                "What do {a} eat {h}?",
                "What kind of food do {a} need {h}?",
                "What is the diet of {a} {h}?",
            ),
            "sleep": (
                "Where do {a} sleep {h}?",
                "In what sort of place do {a} rest {h}?",
                "Where do {a} spend the night {h}?",
            ),
        },
    ),
    Topic(
        {"a": "planet", "b": "planet"},
        {
            "size": (
                "Is {a} bigger than {b}?",
                "Is {b} smaller than {a}?",
                "Does {a} have a larger diameter than {b}?",
                "Is {a} larger than {b}?",
            ),
            "flight": (
                "How long would a flight from {a} to {b} take?",
                "How many years would it take to fly to {b} from {a}?",
                "How much time does a probe need from {a} to {b}?",
            ),
            "distance": (
                "What is the distance between {a} and {b}?",
                "How far is {a} from {b}?",
                "How many kilometres lie between {a} and {b}?",
            ),
            "crash": (
                "What would happen if {a} crashed into {b}?",
                "What if {b} were hit by {a}?",
                "What would be the effect of {a} hitting {b}?",
            ),
        },
        frozenset({"size", "flight", "crash"}),
    ),
    Topic(
        {"a": "ingredient", "b": "ingredient", "d": "dish"},
        {
            "replace": (
                "Can I use {a} instead of {b} in {d}?",
                "Can I replace {b} with {a} in {d}?",
                "Is {a} a good substitute for {b} in {d}?",
                "I have no {b} for {d}, will {a} do?",
            ),
            "more": (
                "Should there be more {a} than {b} in {d}?",
                "Do I need less {b} than {a} for {d}?",
                "Does the recipe for {d} call for more {a} than {b}?",
            ),
            "mix": (
                "Can I mix {a} and {b} in {d}?",
                "Do {a} and {b} go together in {d}?",
                "Is it fine to put both {a} and {b} into {d}?",
            ),
        },
        frozenset({"replace", "more"}),
    ),
    Topic(
        {"f": "staple", "k": "kitchen"},
        {
            "time": (
                "How long should I cook {f} {k}?",
                "How many minutes does it take to cook {f} {k}?",
                "What is the cooking time for {f} {k}?",
            ),
            "how": (
                "What is the best way to cook {f} {k}?",
                "How do you prepare {f} {k}?",
                "Do you have a good recipe for {f} {k}?",
            ),
            "healthy": (
                "Is it healthy to cook {f} {k}?",
                "Does it destroy the vitamins to cook {f} {k}?",
                "Is it good for you to eat {f} made {k}?",
            ),
        },
    ),
    Topic(
        {"a": "money", "b": "money"},
        {
            "order": (
                "Should I {a} before I {b}?",
                "Is it wise to {a} first and {b} later?",
                "Does it make sense to {a} before I {b}?",
                "Should I wait to {b} until I {a}?",
                "Is it better not to {b} before I {a}?",
            ),
            "both": (
                "Can I {a} and {b} in the same year?",
                "Is it realistic to {b} and {a} within one year?",
                "Would it be crazy to {a} and {b} at the same time?",
            ),
            "rather": (
                "Should I {a} rather than {b}?",
                "Is it smarter to {a} than to {b}?",
                "Instead of trying to {b}, should I {a}?",
            ),
        },
        frozenset({"order", "rather"}),
    ),
    Topic(
        {"p": "plant", "s": "spot"},
        {
            "water": (
                "How often should I water {p} {s}?",
                "How frequently do {p} need water {s}?",
                "When do I have to water {p} {s}?",
            ),
            "grow": (
                "How do I grow {p} {s}?",
                "What is the secret of growing {p} {s}?",
                "Can you give me some advice on growing {p} {s}?",
            ),
            "dying": (
                "Why are my {p} dying {s}?",
                "What is wrong with my {p} {s}?",
                "Why do {p} lose their leaves {s}?",
            ),
        },
    ),
    Topic(
        {"a": "sport", "b": "sport", "g": "goal"},
        {
            "better": (
                "Is {a} better than {b} for {g}?",
                "Is {b} less useful than {a} for {g}?",
                "For {g}, should I choose {a} over {b}?",
                "Does {a} do more than {b} for {g}?",
            ),
            "combine": (
                "Can I combine {a} and {b} for {g}?",
                "Is a mix of {a} and {b} good for {g}?",
                "Do {a} and {b} go well together for {g}?",
            ),
            "replace": (
                "Should I give up {a} and take up {b} for {g}?",
                "Is it time to change from {a} to {b} for {g}?",
                "Would {b} instead of {a} be wise for {g}?",
            ),
        },
        frozenset({"better", "replace"}),
    ),
)
