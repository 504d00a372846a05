"""Sentence frames of the sentiment task, grouped by how their parts make up the verdict.

``clause1`` and ``clause2`` are full opinions, ``quality1`` and ``quality2`` adjectives of the
first and the second strength, ``part1`` and ``part2`` aspects with ``part1_is`` agreeing.
"""

ALONE = (
    "{clause1}.",
    "{clause1}.",
    "{plot}, and {clause1}.",
    "{clause1} in {title}.",
    "{title} is a {quality1} {genre}.",
    "{title} is a {quality1} {genre} about {hero}.",
    "this {genre} about {hero} is {remark1}.",
    "a {quality1} {genre} from start to finish.",
    "a {quality1} {genre} with {star} in the lead.",
    "{star} is {remark1} as {role}.",
    "{star} gives a {quality1} performance as {role}.",
    "the one thing to talk about is {part1}: {remark1}.",
    "seldom has a {genre} been so {quality1}.",
    "I have not seen such a {quality1} {genre} in years.",
    "with {star} on board, {clause1}.",
    "like every {genre} by this director, it is {remark1}.",
    "you may have guessed it from the poster: {clause1}.",
    "there is no other word for {part1}: {quality1}.",
)

BOTH = (
    "{clause1}, and {clause2}.",
    "{clause1}; {clause2}.",
    "{part1_is} {quality1}, and it does not stop there: {clause2}.",
    "a {quality1} and {quality2} {genre}.",
    "{title} is {quality1}, {quality2} and over before you know it.",
    "{clause1}, {clause2}, and {star} is {quality2} as {role}.",
    "because {clause1}, the whole {genre} feels {quality2}.",
)

LATER = (
    "{clause1}, but {clause2}.",
    "{clause1}, but {clause2}.",
    "{clause1}, yet {clause2}.",
    "{clause1}; still, {clause2}.",
    "although {clause1}, {clause2}.",
    "while {clause1}, {clause2}.",
    "even if {clause1}, {clause2}.",
    "granted, {clause1}, but {clause2}.",
    "{part1_is} {quality1}, but the film as a whole is {quality2}.",
    "a {quality1} but {quality2} {genre}.",
    "apart from {part1}, which I found {quality1}, {clause2}.",
    "it has a {quality1} opening and a {quality2} everything else.",
    "you forgive it a {quality1} scene or two, because {clause2}.",
)

EARLIER = (
    "{clause1}, although {clause2}.",
    "{clause1}, even if {clause2}.",
    "{clause1}, even though {clause2}.",
    "{clause1}, despite a {quality2} scene here and there.",
    "it is often {quality1} and only sometimes {quality2}.",
    "{clause1}, and never mind that {clause2}.",
    "a {quality1} {genre} with the odd {quality2} moment.",
)

SECOND_WINS = (
    "I expected a {quality1} {genre} and got a {quality2} one.",
    "what starts as a {quality1} {genre} ends as a {quality2} one.",
    "it promises to be {quality1} and turns out to be {quality2}.",
    "some will call it {quality1}; I call it {quality2}.",
    "{part1_is} not {quality1} but {quality2}.",
    "it is never {quality1} and always {quality2}.",
    "less {quality1} than {quality2}, {title} is a {genre} about {hero}.",
    "{part1_is} less {quality1} than {quality2}.",
    "this is less a {quality1} {genre} than a {quality2} {kind}.",
    "from {quality1} to {quality2} in under two hours.",
    "rather than a {quality1} {genre}, {star} has made a {quality2} {kind}.",
    "the critics who found it {quality1} must have missed how {quality2} {part2_is}.",
)

FIRST_WINS = (
    "{part1_is} more {quality1} than {quality2}.",
    "this is more a {quality1} {genre} than a {quality2} {kind}.",
    "I call it {quality1}, whatever those who find it {quality2} may say.",
    "it is always {quality1} and never {quality2}.",
    "{part1_is} {quality1}, not {quality2}.",
    "{title} has become a {quality1} {genre} rather than a {quality2} {kind}.",
)

RELIEF = (
    "I hoped for a {quality1} {genre}, not a {quality2} one, and my hopes came true.",
    "a {quality1} {genre} instead of the {quality2} {kind} I was afraid of.",
    "I feared the {kind} would be {quality2}, and to my surprise {clause1}.",
    "they warned me of a {quality2} {genre}, and they were wrong: {clause1}.",
)

REGRET = (
    "I feared a {quality1} {genre}, not a {quality2} one, and my fears came true.",
    "a {quality1} {genre} instead of the {quality2} {kind} I had hoped for.",
    "I was sure it would be {quality2}, and to my dismay {clause1}.",
    "they promised me a {quality2} {genre}, and they were wrong: {clause1}.",
)

LEVEL = (
    "{title} is as {quality1} as it is {quality2}.",
    "half of it is {quality1}, the other half {quality2}.",
    "{clause1} and {clause2}, so make up your own mind.",
    "neither {quality1} nor {quality2}, {title} passes the time.",
    "for every {quality1} scene there is a {quality2} one.",
    "{part1_is} {quality1}, {part2_is} {quality2}, and in the end it evens out.",
    "it is sometimes {quality1} and just as often {quality2}.",
    "I can not decide whether {part1_is} {quality1} or {quality2}.",
    "one half {quality1} {genre}, one half {quality2} {kind}.",
)

SPOILED = (
    "it would be {quality1} if {part1} were not so {quality2}.",
    "too {quality2} to be {quality1}.",
    "{part1_is} far too {quality2} to be called {quality1}.",
    "you might take it for a {quality1} {genre} if only {part1} were not so {quality2}.",
    "without the {quality2} {aspect2} this would be a {quality1} {genre}.",
)

DENIED = (
    "neither {quality1} nor {quality2}.",
    "{part1_is} neither {quality1} nor {quality2}.",
    "nobody could call this {genre} {quality1} or {quality2}.",
    "I would not say that {clause1} or that {clause2}.",
    "it is not a {quality1} {genre}, and {part2_is} not {quality2} either.",
    "do not believe those who say that {part1_is} {quality1}.",
    "if only {part1} could be called {quality1}!",
    "I am not among those who think that {clause1}.",
)

PLAIN = (
    "{plot}.",
    "{plot}, and {star} plays the lead.",
    "{title} is a {genre} about {hero}.",
    "in {title}, {plot}.",
    "{star} plays {role} in this {genre} set {setting}.",
    "a {genre} about {hero}, set {setting}.",
    "part {genre}, part {kind}, {title} tells of {hero}.",
    "those who like a {genre} will know what to expect here.",
    "the director of {title} has turned to the {genre} this time.",
    "it is a {genre}, no more and no less.",
    "{plot}, but the film is told as a {kind}.",
)
