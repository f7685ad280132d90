//! The ways out: goodbye heard out, the hang-up, an answer that never comes, prompts that cannot be played.

use super::*;

#[test]
fn goodbye_is_heard_out_then_the_call_is_hung_up_and_done_once_that_is_accepted() {
    let mut line = Line::at_goodbye();
    assert_eq!(line.accepted(CommandKind::Play), NOTHING);
    assert_eq!(line.state(), State::LinkSent);
    assert_eq!(line.heard(Prompt::Goodbye), ["hang up"]);
    assert_eq!(line.state(), State::LinkSent);
    assert_eq!(line.accepted(CommandKind::HangUp), NOTHING);
    assert_eq!((line.state(), line.call.wait_ms()), (State::Done, None));
}

#[test]
fn a_goodbye_whose_end_is_never_told_is_hung_up_at_its_deadline() {
    assert_eq!(Line::at_goodbye().hears_nothing_more(), ["hang up"]);
}

#[test]
fn a_hang_up_that_is_not_accepted_is_tried_again_and_the_call_is_done_in_the_end() {
    let mut line = Line::hanging_up();
    assert_eq!(line.refused(CommandKind::HangUp), NOTHING);
    assert_eq!(line.hears_nothing_more(), ["hang up"]);
    assert_eq!(line.hears_nothing_more(), ["hang up"]);
    assert_eq!(line.hears_nothing_more(), NOTHING);
    assert_eq!(line.state(), State::Done);
}

#[test]
fn an_answer_that_is_not_confirmed_is_given_once_more_then_the_call_is_done() {
    let mut line = Line::ringing();
    assert_eq!(line.refused(CommandKind::Answer), NOTHING);
    assert_eq!(line.hears_nothing_more(), ["answer"]);
    assert_eq!(line.state(), State::Menu);
    assert_eq!(line.hears_nothing_more(), ["hang up"]);
    line.ignores(CallEvent::Answered);
    assert_eq!(line.hears_nothing_more(), NOTHING);
    assert_eq!(line.state(), State::Done);
}

#[test]
fn a_leg_that_is_gone_is_not_hung_up_on() {
    let mut line = Line::ringing();
    line.hears_nothing_more();
    line.hears_nothing_more();
    let step = line.call.step;
    assert!(line.call.still_wants(CommandKind::HangUp, step));
    line.tell(CallEvent::Hangup);
    assert!(!line.call.still_wants(CommandKind::HangUp, step));
}

#[test]
fn an_answer_confirmed_at_the_second_try_opens_the_menu() {
    let mut line = Line::ringing();
    line.hears_nothing_more();
    assert_eq!(line.tell(CallEvent::Answered), ["gather menu Recorded"]);
    line.ignores(CallEvent::Answered);
}

#[test]
fn a_call_to_an_unknown_number_is_answered_hears_goodbye_and_is_hung_up() {
    let (call, effects) = ring(false);
    assert_eq!(effects, vec![Effect::Command(Command::Answer)]);
    let mut line = Line { call, around: Surroundings::default() };
    assert_eq!(line.tell(CallEvent::Answered), ["play goodbye Recorded"]);
    assert_eq!(line.heard(Prompt::Goodbye), ["hang up"]);
    line.accepted(CommandKind::HangUp);
    assert_eq!(line.state(), State::Done);
}

#[test]
fn a_recording_that_cannot_be_played_is_spoken_from_its_text_and_asks_the_same() {
    for (line, name) in asking() {
        for by_command in [true, false] {
            let mut line = Line { call: line.call.clone(), around: billing_team() };
            let Phase::Asking { prompt, .. } = line.call.phase else { panic!("{name}: nothing asked") };
            let state = line.state();
            let spoken = match by_command {
                true => line.refused(CommandKind::Gather),
                false => line.playback(prompt, PlaybackStatus::Failed),
            };
            assert_eq!(spoken, [format!("prompt failed {name}"), format!("gather {name} Spoken")]);
            assert_eq!(line.state(), state);
        }
    }
}

#[test]
fn a_spoken_prompt_is_heeded_like_a_recorded_one() {
    let mut line = Line::at_menu();
    line.refused(CommandKind::Gather);
    assert_eq!(line.keys("1"), ["gather collect_statement Recorded"]);
}

#[test]
fn a_spoken_prompt_that_fails_leads_on_to_a_person_and_after_the_link_to_goodbye() {
    for (mut line, name) in asking() {
        line.refused(CommandKind::Gather);
        let next = line.refused(CommandKind::Gather);
        match name {
            "sent_sms" => assert_eq!(next, ["play goodbye Recorded"]),
            _ => assert_eq!(next, ["play transfer Recorded", "transfer to +12025550119"], "{name}"),
        }
    }
}

#[test]
fn a_prompt_that_is_spoken_for_its_recording_counts_once_among_the_twelve() {
    let mut line = Line::at_menu();
    for _ in 2..=12 {
        line.refused(CommandKind::Gather);
        assert_eq!(line.keys("#"), ["gather menu Recorded"]);
    }
    assert_eq!(line.refused(CommandKind::Gather), ["prompt failed menu", "gather menu Spoken"]);
    assert_eq!(line.keys("#"), ["play transfer Recorded", "transfer to +12025550119"]);
}

#[test]
fn a_goodbye_that_cannot_be_played_is_spoken_and_one_that_cannot_be_spoken_is_left_out() {
    let mut line = Line::at_goodbye();
    let spoken = line.playback(Prompt::Goodbye, PlaybackStatus::Failed);
    assert_eq!(spoken, ["prompt failed goodbye", "play goodbye Spoken"]);
    assert_eq!(line.refused(CommandKind::Play), ["hang up"]);
}

#[test]
fn the_end_of_a_spoken_goodbye_names_no_file_and_still_hangs_up() {
    let mut line = Line::at_goodbye();
    line.refused(CommandKind::Play);
    let step = Some(line.call.step);
    let ended = CallEvent::PlaybackEnded { step, prompt: None, status: PlaybackStatus::Ended };
    assert_eq!(line.tell(ended), ["hang up"]);
}

#[test]
fn the_end_of_another_prompt_does_not_cut_goodbye_short() {
    let mut line = Line::at_goodbye();
    for step in [Some(line.call.step), None] {
        for prompt in Prompt::ALL.into_iter().filter(|p| *p != Prompt::Goodbye) {
            for status in [PlaybackStatus::Ended, PlaybackStatus::CallHangup, PlaybackStatus::Failed] {
                line.ignores(CallEvent::PlaybackEnded { step, prompt: Some(prompt), status });
            }
        }
    }
}

#[test]
fn a_command_that_finds_the_call_over_ends_it_whatever_step_it_was_of() {
    for mut line in everywhere() {
        let failed =
            CallEvent::CommandFailed { step: 1, kind: CommandKind::Gather, failure: Failure::CallEnded };
        assert_eq!(line.tell(failed), NOTHING);
        assert_eq!((line.state(), line.call.wait_ms()), (State::Done, None));
    }
}

#[test]
fn hangup_ends_the_call_from_every_state() {
    for mut line in everywhere() {
        assert_eq!(line.tell(CallEvent::Hangup), NOTHING);
        assert_eq!((line.state(), line.call.wait_ms()), (State::Done, None));
        line.ignores(CallEvent::Hangup);
    }
}

fn asking() -> [(Line, &'static str); 4] {
    [
        (Line::at_menu(), "menu"),
        (Line::at_statement(), "collect_statement"),
        (Line::at_phone(), "collect_phone"),
        (Line::link_sent(), "sent_sms"),
    ]
}

fn everywhere() -> [Line; 9] {
    [
        Line::ringing(),
        Line::at_menu(),
        Line::at_statement(),
        Line::at_phone(),
        Line::sending(),
        Line::link_sent(),
        Line::transferring(),
        Line::at_goodbye(),
        Line::hanging_up(),
    ]
}
