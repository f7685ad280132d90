//! The call machine against the public contract: its table, its exits, every pair, and a second reading of it.

mod ending;
mod late;
mod model;
mod properties;
mod reorder;
mod settings;
mod shell_model;
mod table;
mod totality;
mod transfer;
mod world;

use super::*;
use crate::effect::Question;

/// Known, open, something to pay.
const OPEN: &str = "100234";
/// Known, but on hold.
const ON_HOLD: &str = "100999";
const PHONE: &str = "2025550147";
const OPTED_OUT: &str = "2025550199";
const CALLER: &str = "+12025550148";

/// Recorded or only spoken.
fn every_prompt() -> impl Iterator<Item = Prompt> {
    Prompt::ALL.into_iter().chain(Prompt::SPOKEN)
}

fn billing_team() -> Surroundings {
    let desk = E164::parse("+12025550119").map_or(Desk::None, Desk::Open);
    Surroundings { desk, ..Surroundings::default() }
}

/// An agency that has switched everything on, and a caller whose number can be texted.
fn everything_on() -> Surroundings {
    let menu = MenuSettings {
        statement_digits: "6-10".parse().unwrap_or_default(),
        offer_caller_number: true,
        read_back: true,
        spanish: true,
        opt_out_key: true,
    };
    Surroundings { menu, caller: E164::parse(CALLER).ok(), ..billing_team() }
}

/// The same outside office hours.
fn closed() -> Surroundings {
    let desk = "mon-fri 08:00-17:00".parse().map_or(Desk::None, Desk::Closed);
    Surroundings { desk, ..everything_on() }
}

/// What our tables say: two statements, and one phone that has opted out.
fn answer(question: &Question) -> CallEvent {
    match question {
        Question::FindStatement(id) => CallEvent::Statement(match id.expose() {
            OPEN => StatementAnswer::Found(id.clone()),
            ON_HOLD => StatementAnswer::NotPayable,
            _ => StatementAnswer::Unknown,
        }),
        Question::MayText(phone) => {
            let allowed = !phone.expose().ends_with(OPTED_OUT);
            CallEvent::MayText { phone: phone.clone(), allowed }
        }
    }
}

/// Steps the machine and answers its questions, as the shell does within one transaction.
fn advance(call: Call, event: &CallEvent, around: &Surroundings) -> (Call, Vec<Effect>) {
    let (mut call, mut effects) = step(call, event, around);
    while let Some(at) = effects.iter().position(|e| matches!(e, Effect::Ask(_))) {
        let Effect::Ask(question) = effects.remove(at) else { continue };
        let (next, more) = step(call, &answer(&question), around);
        call = next;
        effects.extend(more);
    }
    (call, effects)
}

/// One effect in a few words, so that a test reads as what happens.
fn words(effect: &Effect) -> String {
    match effect {
        Effect::Ask(_) => "ask our tables".to_owned(),
        Effect::Command(Command::Answer) => "answer".to_owned(),
        Effect::Command(Command::Gather { prompt, voice }) => {
            format!("gather {} {}", prompt.name(), how(*prompt, voice))
        }
        Effect::Command(Command::Play { prompt, voice }) => {
            format!("play {} {}", prompt.name(), how(*prompt, voice))
        }
        Effect::Command(Command::Transfer { to }) => format!("transfer to {}", to.expose()),
        Effect::Command(Command::HangUp) => "hang up".to_owned(),
        Effect::SendLink { statement, phone } => format!("link {} to {}", statement.expose(), phone.expose()),
        Effect::OptOut(phone) => format!("no more texts to {}", phone.expose()),
        Effect::OfficeClosed => "office closed".to_owned(),
        Effect::TransferFailed => "transfer failed".to_owned(),
        Effect::PromptFailed(prompt) => format!("prompt failed {}", prompt.name()),
    }
}

/// Recorded or spoken, in which language, and for a read-back the number.
fn how(prompt: Prompt, voice: &Voice) -> String {
    let Voice::Spoken(speech) = voice else { return "Recorded".to_owned() };
    let language = if speech.language() == Language::Spanish { " es" } else { "" };
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    match prompt {
        // Behind the number: which keys to press.
        Prompt::ReadBack => {
            let number = digits(speech.text());
            format!("Spoken{language} of {}", number.strip_suffix("12").unwrap_or(&number))
        }
        _ => format!("Spoken{language}"),
    }
}

/// A call under test: events go in, what it does comes out in words.
struct Line {
    call: Call,
    around: Surroundings,
}

impl Line {
    fn ringing() -> Self {
        Self { call: ring(true).0, around: billing_team() }
    }

    fn at_menu() -> Self {
        let mut line = Self::ringing();
        line.tell(CallEvent::Answered);
        line
    }

    fn at_statement() -> Self {
        let mut line = Self::at_menu();
        line.keys("1");
        line
    }

    fn at_phone() -> Self {
        let mut line = Self::at_statement();
        line.keys(OPEN);
        line
    }

    fn sending() -> Self {
        let mut line = Self::at_phone();
        line.keys(PHONE);
        line
    }

    fn link_sent() -> Self {
        let mut line = Self::sending();
        line.tell(CallEvent::Link(LinkAnswer::Sent));
        line
    }

    fn transferring() -> Self {
        let mut line = Self::at_menu();
        line.keys("2");
        line
    }

    fn bridged() -> Self {
        let mut line = Self::transferring();
        line.tell(CallEvent::Bridged);
        line
    }

    fn at_goodbye() -> Self {
        let mut line = Self::link_sent();
        line.keys("9");
        line
    }

    fn hanging_up() -> Self {
        let mut line = Self::at_goodbye();
        line.heard(Prompt::Goodbye);
        line
    }

    fn tell(&mut self, event: CallEvent) -> Vec<String> {
        let (call, effects) = advance(self.call.clone(), &event, &self.around);
        self.call = call;
        effects.iter().map(words).collect()
    }

    /// The gather of the current prompt ends with these keys; none is a time-out.
    fn keys(&mut self, keys: &str) -> Vec<String> {
        self.tell(gather(Some(self.call.step), keys))
    }

    fn hears_nothing_more(&mut self) -> Vec<String> {
        self.tell(CallEvent::DeadlinePassed { step: self.call.step })
    }

    fn heard(&mut self, prompt: Prompt) -> Vec<String> {
        self.playback(prompt, PlaybackStatus::Ended)
    }

    fn playback(&mut self, prompt: Prompt, status: PlaybackStatus) -> Vec<String> {
        self.tell(CallEvent::PlaybackEnded { step: Some(self.call.step), prompt: Some(prompt), status })
    }

    fn refused(&mut self, kind: CommandKind) -> Vec<String> {
        self.tell(CallEvent::CommandFailed { step: self.call.step, kind, failure: Failure::Refused })
    }

    fn accepted(&mut self, kind: CommandKind) -> Vec<String> {
        self.tell(CallEvent::CommandAccepted { step: self.call.step, kind })
    }

    fn state(&self) -> State {
        self.call.state
    }

    /// An event that must leave everything as it was.
    #[track_caller]
    fn ignores(&mut self, event: CallEvent) {
        let before = self.call.clone();
        assert_eq!(self.tell(event.clone()), NOTHING, "{event:?}");
        assert_eq!(self.call, before, "{event:?}");
    }
}

const NOTHING: [&str; 0] = [];

/// A gather as the envelope reads it.
fn gather(step: Option<u32>, keys: &str) -> CallEvent {
    gather_with(step, if keys.is_empty() { GatherStatus::NoInput } else { GatherStatus::Valid }, keys)
}

fn gather_with(step: Option<u32>, status: GatherStatus, keys: &str) -> CallEvent {
    let digits = Digits::gathered(keys);
    let pound_alone = digits.is_empty() && keys.contains('#');
    CallEvent::GatherEnded { step, status, digits, pound_alone }
}
