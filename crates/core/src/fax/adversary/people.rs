//! Rosters of near neighbours, and who a page is about.

use super::Dice;
use crate::fax::Case;

/// Who somebody is, for telling people apart.
pub(super) type Person = usize;

#[derive(Clone)]
pub(super) struct Trip {
    pub case: Case,
    pub person: Person,
    pub in_roster: bool,
}

pub(super) struct World {
    pub trips: Vec<Trip>,
    people: usize,
}

#[rustfmt::skip]
const FIRST: &[&str] = &[
    "Jon", "John", "Jan", "Jenna", "Jemma", "Ella", "Elia", "Clara", "Marna", "Mama", "Bernie", "Bemie", "Carl",
    "Karl", "Walter", "Walker", "Ann", "Anne", "Dale", "Gale", "Ernest", "Stephen", "Stephan", "James", "Thomas",
];
#[rustfmt::skip]
const LAST: &[&str] = &[
    "Smith", "Smyth", "Burns", "Bums", "Clark", "Dark", "Marlow", "Marlowe", "O'Brien", "Walker", "James", "Thomas",
    "Quill-Stone", "de la Cruz", "Hill", "Hall", "Bell", "Ball", "Kelly", "Kelley", "Lee", "Johnson", "Johnston",
];
pub(super) const LOOKALIKES: &[(char, char)] = &[
    ('0', 'O'),
    ('0', 'D'),
    ('0', 'Q'),
    ('1', 'I'),
    ('1', 'l'),
    ('1', '|'),
    ('5', 'S'),
    ('8', 'B'),
    ('2', 'Z'),
    ('6', 'G'),
    ('3', '8'),
    ('5', '6'),
    ('1', '7'),
    ('0', '8'),
    ('6', '8'),
    ('0', '6'),
    ('3', '9'),
    ('8', '9'),
    ('e', 'c'),
    ('a', 'o'),
    ('n', 'h'),
    ('n', 'u'),
    ('u', 'v'),
    ('i', 'l'),
    ('t', 'f'),
    ('n', 'm'),
    ('I', 'l'),
];

impl World {
    pub fn new(dice: &mut Dice) -> Self {
        let mut world = Self { trips: Vec::new(), people: 0 };
        for _ in 0..3 + dice.below(4) {
            let case = world.fresh(dice);
            world.settle(case, None);
        }
        for _ in 0..6 + dice.below(20) {
            let like = world.trips[dice.below(world.trips.len())].clone();
            let mut case = like.case;
            if dice.percent(30) {
                case.date_of_service =
                    if dice.percent(60) { near_date(&case.date_of_service, dice) } else { day(dice) };
                world.renew_ids(&mut case, dice);
                world.settle(case, Some(like.person));
            } else {
                neighbour(&mut case, dice);
                world.renew_ids(&mut case, dice);
                world.settle(case, None);
            }
        }
        world
    }

    pub fn cases(&self) -> Vec<Case> {
        self.trips.iter().map(|t| t.case.clone()).collect()
    }

    pub fn known(&self, dice: &mut Dice) -> Trip {
        dice.pick(&self.trips).clone()
    }

    /// Somebody who is not in the roster but nearly somebody who is.
    pub fn stranger(&self, dice: &mut Dice) -> Trip {
        loop {
            let mut case = dice.pick(&self.trips).case.clone();
            neighbour(&mut case, dice);
            self.renew_ids(&mut case, dice);
            if self.person_of(&case).is_none() {
                return Trip { case, person: usize::MAX, in_roster: false };
            }
        }
    }

    fn settle(&mut self, mut case: Case, person: Option<Person>) {
        case.case_id = format!("c{}", self.trips.len()).as_str().into();
        let known = person.or_else(|| self.person_of(&case));
        self.people += 1;
        self.trips.push(Trip { case, person: known.unwrap_or(self.people), in_roster: true });
    }

    /// Of one name and birth is one person: no father was born on the day of his son.
    fn person_of(&self, case: &Case) -> Option<Person> {
        let key =
            |c: &Case| (c.patient_first.to_uppercase(), c.patient_last.to_uppercase(), c.patient_dob.clone());
        self.trips.iter().find(|t| key(&t.case) == key(case)).map(|t| t.person)
    }

    fn fresh(&self, dice: &mut Dice) -> Case {
        let mut case = Case::new("c".into(), "t".into());
        case.patient_first = (*dice.pick(FIRST)).into();
        case.patient_last = (*dice.pick(LAST)).into();
        case.patient_middle = (*dice.pick(&["", "", "A", "B", "S"])).into();
        case.patient_dob =
            format!("{}-{:02}-{:02}", 1930 + dice.below(70), 1 + dice.below(12), 1 + dice.below(28));
        case.date_of_service = day(dice);
        case.member_id = if dice.percent(50) {
            format!("SMI{:09}", dice.below(1_000_000_000))
        } else {
            format!("{}S{}5K{}JD{:02}", 1 + dice.below(9), dice.below(10), dice.below(10), dice.below(100))
        };
        self.renew_ids(&mut case, dice);
        case
    }

    /// New ids, some one lookalike away from ids of the roster.
    fn renew_ids(&self, case: &mut Case, dice: &mut Dice) {
        loop {
            let near =
                dice.percent(50).then(|| self.trips.get(dice.below(self.trips.len().max(1)))).flatten();
            let mut id = |own: fn(&Case) -> &String, new: String| match near {
                Some(trip) => near_digit(own(&trip.case), dice),
                None => new,
            };
            let n = id(|c| &c.statement_id, String::new());
            case.statement_id = if n.is_empty() { format!("30{:06}", dice.below(1_000_000)) } else { n };
            let mut id =
                |own: fn(&Case) -> &String| near.map(|t| near_digit(own(&t.case), dice)).unwrap_or_default();
            let (number, run, claim) =
                (id(|c| &c.case_number), id(|c| &c.run_number), id(|c| &c.payer_claim_number));
            let or = |id: String, new: String| if id.is_empty() { new } else { id };
            case.case_number = or(number, format!("RC-26-{:06}", dice.below(1_000_000)));
            case.run_number = or(run, format!("26-{:06}", dice.below(1_000_000)));
            case.payer_claim_number = or(claim, format!("11{:010}", dice.below(1_000_000_000)));
            let taken = |c: &Case| {
                c.statement_id == case.statement_id
                    || c.case_number == case.case_number
                    || c.run_number == case.run_number
                    || c.payer_claim_number == case.payer_claim_number
            };
            if !self.trips.iter().any(|t| taken(&t.case)) {
                return;
            }
        }
    }
}

/// Another person: a twin, a spouse, a namesake, junior, a neighbour in spelling, with one thing or two changed.
fn neighbour(case: &mut Case, dice: &mut Dice) {
    for _ in 0..1 + dice.below(2) {
        match dice.below(9) {
            0 => case.patient_first = near_letter(&case.patient_first, dice),
            1 => case.patient_first = (*dice.pick(FIRST)).into(),
            2 => case.patient_last = near_letter(&case.patient_last, dice),
            3 => case.patient_dob = near_date(&case.patient_dob, dice),
            4 => case.patient_suffix = (*dice.pick(&["Sr", "Jr", "III", ""])).into(),
            5 => std::mem::swap(&mut case.patient_first, &mut case.patient_last),
            6 => {
                case.patient_dob =
                    format!("19{:02}-0{}-1{}", dice.below(100), 1 + dice.below(9), dice.below(10))
            }
            7 => case.member_id = near_digit(&case.member_id, dice),
            _ => case.date_of_service = near_date(&case.date_of_service, dice),
        }
    }
    if dice.percent(30) {
        case.date_of_service = day(dice);
    }
    if dice.percent(40) {
        case.member_id = format!("SMI{:09}", dice.below(1_000_000_000));
    }
}

fn day(dice: &mut Dice) -> String {
    format!("2026-{:02}-{:02}", 1 + dice.below(10), 1 + dice.below(28))
}

/// One digit of the month, day or year taken for one that looks alike, so that it stays a date.
fn near_date(date: &str, dice: &mut Dice) -> String {
    let valid = |d: &str| {
        let number = |r: std::ops::Range<usize>| d[r].parse::<u32>().unwrap_or(0);
        (1..=12).contains(&number(5..7))
            && (1..=28).contains(&number(8..10))
            && (1920..=2026).contains(&number(0..4))
    };
    for _ in 0..60 {
        let near = near_digit(date, dice);
        if near != date && valid(&near) {
            return near;
        }
    }
    date.into()
}

fn near_digit(text: &str, dice: &mut Dice) -> String {
    change(text, dice, |c| c.is_ascii_digit())
}

fn near_letter(text: &str, dice: &mut Dice) -> String {
    change(text, dice, char::is_alphabetic)
}

/// Changes one sign that passes, and looks like another that passes.
fn change(text: &str, dice: &mut Dice, passes: fn(char) -> bool) -> String {
    let signs: Vec<char> = text.chars().collect();
    for _ in 0..40 {
        let at = dice.below(signs.len().max(1));
        let alike: Vec<char> = signs.get(at).map(|c| alike(*c)).unwrap_or_default();
        let alike: Vec<char> = alike.into_iter().filter(|c| passes(*c)).collect();
        if passes(signs[at]) && !alike.is_empty() {
            let mut changed = signs.clone();
            changed[at] = *dice.pick(&alike);
            return changed.into_iter().collect();
        }
    }
    text.into()
}

pub(super) fn alike(c: char) -> Vec<char> {
    let one = LOOKALIKES.iter().filter(|(a, _)| *a == c).map(|(_, b)| *b);
    one.chain(LOOKALIKES.iter().filter(|(_, b)| *b == c).map(|(a, _)| *a)).collect()
}

pub(super) fn show(c: &Case) -> String {
    format!(
        "{} {} {} {} | {} | {} | {} | {} {} {} {}",
        c.patient_first,
        c.patient_middle,
        c.patient_last,
        c.patient_suffix,
        c.patient_dob,
        c.date_of_service,
        c.member_id,
        c.statement_id,
        c.case_number,
        c.run_number,
        c.payer_claim_number
    )
}
