//! Late, foreign and cancelled events, and the hang-up that overtakes the keys.

use super::*;

#[test]
fn a_gather_of_another_step_has_no_effect() {
    for mut line in [Line::at_menu(), Line::at_statement(), Line::at_phone(), Line::link_sent()] {
        let step = line.call.step;
        for other in [step - 1, step + 1, 0, u32::MAX] {
            for keys in ["1", "2", OPEN, PHONE, "#", ""] {
                line.ignores(gather(Some(other), keys));
                line.ignores(gather_with(Some(other), GatherStatus::CallHangup, keys));
            }
        }
    }
}

#[test]
fn the_same_gather_twice_is_taken_once() {
    let mut line = Line::at_menu();
    let pressed = gather(Some(line.call.step), "1");
    assert_eq!(line.tell(pressed.clone()), ["gather collect_statement Recorded"]);
    line.ignores(pressed);
}

#[test]
fn a_gather_with_no_client_state_or_a_foreign_one_counts_for_the_current_step() {
    let mut line = Line::at_menu();
    assert_eq!(line.tell(gather(None, "1")), ["gather collect_statement Recorded"]);
    let foreign = crate::envelope::our_step(Some("eyJ2IjoxLCJzIjoibWVudSIsIm4iOjJ9"));
    assert_eq!(line.tell(gather(foreign, OPEN)), ["gather collect_phone Recorded"]);
}

#[test]
fn a_cancelled_gather_is_no_miss_and_its_keys_are_not_read() {
    for mut line in [Line::at_menu(), Line::at_statement(), Line::at_phone(), Line::link_sent()] {
        for keys in ["", "1", PHONE, "#"] {
            line.ignores(gather_with(Some(line.call.step), GatherStatus::Cancelled, keys));
        }
    }
}

#[test]
fn a_gather_where_none_is_asked_has_no_effect() {
    for mut line in [
        Line::ringing(),
        Line::sending(),
        Line::transferring(),
        Line::bridged(),
        Line::at_goodbye(),
        Line::hanging_up(),
    ] {
        line.ignores(gather(None, "1"));
        line.ignores(gather(Some(line.call.step), "#"));
    }
}

#[test]
fn a_deadline_of_an_earlier_step_has_no_effect() {
    for mut line in [Line::at_statement(), Line::sending(), Line::transferring(), Line::at_goodbye()] {
        line.ignores(CallEvent::DeadlinePassed { step: line.call.step - 1 });
    }
}

#[test]
fn a_prompt_of_an_earlier_step_that_fails_late_has_no_effect() {
    let mut line = Line::at_statement();
    let step = line.call.step - 1;
    line.ignores(CallEvent::CommandFailed { step, kind: CommandKind::Gather, failure: Failure::Refused });
    let status = PlaybackStatus::Failed;
    line.ignores(CallEvent::PlaybackEnded {
        step: Some(step),
        prompt: Some(Prompt::CollectStatement),
        status,
    });
    line.ignores(CallEvent::PlaybackEnded { step: None, prompt: Some(Prompt::Menu), status });
}

#[test]
fn the_end_of_a_prompt_that_asks_for_keys_changes_nothing() {
    let mut line = Line::at_menu();
    let step = Some(line.call.step);
    line.ignores(CallEvent::PlaybackEnded {
        step,
        prompt: Some(Prompt::Menu),
        status: PlaybackStatus::Ended,
    });
}

#[test]
fn ten_digits_gathered_at_the_hang_up_get_their_link_in_any_order() {
    let link = [format!("link {OPEN} to +12025550147")];
    for step in [Some(Line::at_phone().call.step), None] {
        for status in [GatherStatus::CallHangup, GatherStatus::Valid] {
            let keys = gather_with(step, status, PHONE);
            let mut keys_first = Line::at_phone();
            assert_eq!(keys_first.tell(keys.clone()), link);
            assert_eq!(keys_first.tell(CallEvent::Hangup), NOTHING);
            let mut hangup_first = Line::at_phone();
            assert_eq!(hangup_first.tell(CallEvent::Hangup), NOTHING);
            assert_eq!(hangup_first.state(), State::Done);
            assert_eq!(hangup_first.tell(keys.clone()), link);
            for line in [&mut keys_first, &mut hangup_first] {
                assert_eq!(line.state(), State::Done);
                assert_eq!(line.call.phone, E164::parse("+12025550147").ok());
                line.ignores(keys.clone());
                line.ignores(CallEvent::Link(LinkAnswer::Sent));
            }
        }
    }
}

#[test]
fn digits_gathered_when_a_command_found_the_call_over_get_their_link_too() {
    let mut line = Line::at_phone();
    let (step, kind) = (line.call.step, CommandKind::Gather);
    line.tell(CallEvent::CommandFailed { step, kind, failure: Failure::CallEnded });
    let keys = gather_with(Some(step), GatherStatus::CallHangup, PHONE);
    assert_eq!(line.tell(keys), [format!("link {OPEN} to +12025550147")]);
}

#[test]
fn what_is_no_phone_or_has_opted_out_gets_no_link_at_the_hang_up() {
    for keyed in ["202555", "", "#", "0025550147", OPTED_OUT] {
        let mut line = Line::at_phone();
        let keys = gather_with(Some(line.call.step), GatherStatus::CallHangup, keyed);
        assert_eq!(line.tell(keys.clone()), NOTHING, "{keyed}");
        assert_eq!(line.state(), State::Done);
        let mut line = Line::at_phone();
        line.tell(CallEvent::Hangup);
        assert_eq!(line.tell(keys), NOTHING, "{keyed}");
        assert_eq!(line.call.phone, None);
    }
}

#[test]
fn ten_digits_at_a_hang_up_elsewhere_get_no_link() {
    for mut line in [Line::at_menu(), Line::at_statement(), Line::link_sent()] {
        let keys = gather_with(Some(line.call.step), GatherStatus::CallHangup, PHONE);
        assert_eq!(line.tell(keys), NOTHING);
        assert_eq!(line.state(), State::Done);
    }
}

#[test]
fn a_cancelled_gather_after_the_hang_up_gets_no_link() {
    let mut line = Line::at_phone();
    line.tell(CallEvent::Hangup);
    line.ignores(gather_with(Some(line.call.step), GatherStatus::Cancelled, PHONE));
}

#[test]
fn a_hang_up_while_the_link_is_made_leaves_the_link_alone() {
    let mut line = Line::sending();
    line.tell(CallEvent::Hangup);
    line.ignores(CallEvent::Link(LinkAnswer::Sent));
    line.ignores(CallEvent::Link(LinkAnswer::Refused));
    assert_eq!(line.call.phone, E164::parse("+12025550147").ok());
}

#[test]
fn an_answer_that_nobody_asked_for_sends_no_link_once_the_call_has_ended() {
    let may_text = || CallEvent::MayText { phone: E164::parse("+12025550147").unwrap(), allowed: true };
    let mut line = Line::at_phone();
    line.tell(CallEvent::Hangup);
    line.tell(gather(None, PHONE));
    line.ignores(may_text());
    let mut line = Line::link_sent();
    line.tell(CallEvent::Hangup);
    line.ignores(may_text());
    line.ignores(CallEvent::Statement(StatementAnswer::Unknown));
}
