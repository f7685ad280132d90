//! The recordings of the phone menu through the real binary: made, uploaded to a folder and to S3, served, checked.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use fusion_comms::prompts::{built_in, wav};
use fusion_comms::sim::telnyx::FaxPlan;
use fusion_comms::store::faxes;
use fusion_comms_core::ids::FaxId;
use fusion_comms_core::ivr::Prompt;
use reqwest::StatusCode;
use serde_json::Value;

use super::support::app::{FAX_LINE, HOSPITAL, On, TestApp, within};
use super::support::moto::Moto;

fn samples(prompt: Prompt) -> Vec<i16> {
    wav::Wav::read(built_in(prompt)).unwrap().mono_16().unwrap()
}

/// A recording of the prompt that is not the program's own.
fn softer(prompt: Prompt) -> Vec<u8> {
    wav::write(&wav::lowered(&samples(prompt), 0.5), 22_050)
}

/// A folder with these files.
fn folder(app: &TestApp, files: &[(&str, Vec<u8>)]) -> String {
    let dir = app.dir.path().join("recordings");
    std::fs::create_dir_all(&dir).unwrap();
    for (name, content) in files {
        std::fs::write(dir.join(name), content).unwrap();
    }
    dir.display().to_string()
}

async fn bare(env: &[(&str, &str)]) -> TestApp {
    TestApp::prepare(On::Sqlite, |_| {}, env).await
}

async fn served(app: &TestApp, prompt: Prompt) -> Vec<u8> {
    let answer = app.http.get(prompt.url(&format!("{}/ivr", app.base))).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    answer.bytes().await.unwrap().to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_uploaded_to_the_folder_is_what_the_service_plays_from_then_on() {
    let app = TestApp::start(On::Sqlite).await;
    let dir = folder(&app, &[("menu.wav", softer(Prompt::Menu)), ("goodbye.wav", softer(Prompt::Goodbye))]);
    assert_eq!(served(&app, Prompt::Menu).await, built_in(Prompt::Menu));

    let said = app.command(&["prompts", "upload", &dir, "--dry-run"]);
    assert!(said.contains("checked") && !said.contains(" put "), "{said}");
    assert_eq!(served(&app, Prompt::Menu).await, built_in(Prompt::Menu));

    app.command(&["prompts", "upload", &dir, "--only", "menu"]);
    assert_eq!(served(&app, Prompt::Menu).await, softer(Prompt::Menu));
    assert_eq!(served(&app, Prompt::Goodbye).await, built_in(Prompt::Goodbye));

    app.command(&["prompts", "upload"]);
    assert_eq!(
        served(&app, Prompt::Menu).await,
        built_in(Prompt::Menu),
        "without a folder: the program's own"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_put_where_one_file_is_bad_and_the_reason_is_told() {
    let app = bare(&[]).await;
    let silent = wav::write(&[0; 40_000], 22_050);
    let dir = folder(&app, &[("menu.wav", softer(Prompt::Menu)), ("goodbye.wav", silent)]);
    let (code, out, err) = app.try_command(&["prompts", "upload", &dir]);
    assert!(code == 1 && out.contains("hear nothing") && err.contains("nothing was put"), "{out}{err}");
    assert!(!app.dir.path().join("data/blobs/audio/ivr/menu.wav").exists());
    let (code, _, err) = app.try_command(&["prompts", "upload", &dir, "--only", "transfer"]);
    assert!(code == 1 && err.contains("no recording to put"), "{err}");
    let (code, _, err) = app.try_command(&["prompts", "upload", &dir, "--only", "nonsense"]);
    assert!(code == 2 && err.contains("collect_phone") && err.contains("'nonsense'"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_to_s3_has_its_bytes_type_and_cache_time_and_cloudfront_is_told() {
    let moto = Moto::start().await;
    moto.make_bucket("example-audio").await;
    let distribution = moto.make_distribution().await;
    let mut env = moto.env();
    env.extend([
        ("S3_BUCKET_AUDIO", "example-audio"),
        ("CLOUDFRONT_DISTRIBUTION_ID", &distribution),
        ("IVR_AUDIO_BASE_URL", "https://audio.example.org"),
    ]);
    let app = bare(&env).await;
    let dir = folder(&app, &[("menu.wav", softer(Prompt::Menu))]);
    let out = app.command(&["prompts", "upload", &dir, "--json"]);
    let outcome: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(outcome["files"][0]["done"], "put", "{out}");
    assert_eq!(outcome["files"][0]["to"], "s3://example-audio/ivr/menu.wav");

    let object = moto.object("example-audio", "ivr/menu.wav").await;
    assert_eq!(object.status(), StatusCode::OK);
    assert_eq!(object.headers()["content-type"], "audio/wav");
    assert_eq!(object.headers()["cache-control"], "max-age=86400");
    assert_eq!(object.bytes().await.unwrap(), softer(Prompt::Menu));

    let id = outcome["invalidation"]["id"].as_str().unwrap();
    let known = moto.invalidation(&distribution, id).await;
    assert!(known.contains("<Path>/ivr/*</Path>") && known.contains("<Path>/menu.wav*</Path>"), "{known}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_or_distribution_that_is_not_there_is_named_and_the_command_fails() {
    let moto = Moto::start().await;
    let mut env = moto.env();
    env.push(("S3_BUCKET_AUDIO", "example-absent"));
    env.push(("CLOUDFRONT_DISTRIBUTION_ID", "ENOTTHERE"));
    let app = bare(&env).await;
    let (code, out, err) = app.try_command(&["prompts", "upload", "--only", "menu"]);
    assert!(code == 1 && out.contains("failed"), "{out}{err}");
    assert!(err.contains("the bucket does not exist") && err.contains("S3_BUCKET_AUDIO"), "{err}");

    moto.make_bucket("example-absent").await;
    let (code, out, err) = app.try_command(&["prompts", "upload", "--only", "menu"]);
    assert!(code == 1 && out.contains(" put "), "{out}{err}");
    assert!(err.contains("NoSuchDistribution") && err.contains("create-invalidation"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_variable_makes_files_leave_this_machine_by_plain_http() {
    let moto = Moto::start().await;
    moto.make_bucket("example-audio").await;
    // Reached just as well as 127.0.0.1, but not known to be this machine.
    let elsewhere = moto.base.replace("127.0.0.1", "0.0.0.0");
    let mut env = moto.env();
    env.retain(|(name, _)| *name != "AWS_ENDPOINT_URL");
    env.extend([("S3_BUCKET_AUDIO", "example-audio"), ("AWS_ENDPOINT_URL", ""), ("AWS_ALLOW_HTTP", "true")]);
    for (endpoint, expected) in [(&elsewhere, 1), (&moto.base, 0)] {
        env.retain(|(name, _)| *name != "AWS_ENDPOINT_URL_S3");
        env.push(("AWS_ENDPOINT_URL_S3", endpoint));
        let app = bare(&env).await;
        let (code, out, err) = app.try_command(&["prompts", "upload", "--only", "menu"]);
        assert_eq!(code, expected, "{out}{err}");
        let there = moto.object("example-audio", "ivr/menu.wav").await.status() == StatusCode::OK;
        assert_eq!(there, expected == 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_buckets_the_service_plays_what_lies_there_and_keeps_faxes_there() {
    let moto = Moto::start().await;
    moto.make_bucket("example-audio").await;
    moto.make_bucket("example-docs").await;
    // By hand, as `aws s3 cp` would; one of them is broken.
    moto.put_object("example-audio", "ivr/menu.wav", softer(Prompt::Menu)).await;
    moto.put_object("example-audio", "ivr/goodbye.wav", b"<html>".to_vec()).await;
    let mut env = moto.env();
    env.extend([("S3_BUCKET_AUDIO", "example-audio"), ("S3_BUCKET_DOCS", "example-docs")]);
    let app = TestApp::start_with(On::Sqlite, |_| {}, &env).await;
    assert_eq!(served(&app, Prompt::Menu).await, softer(Prompt::Menu));
    assert_eq!(served(&app, Prompt::Goodbye).await, built_in(Prompt::Goodbye), "a broken one is not played");
    assert_eq!(served(&app, Prompt::Transfer).await, built_in(Prompt::Transfer), "nor one that is not there");

    let sent = fusion_comms::demo::sample_fax().unwrap();
    let id = app.sim.telnyx.send_fax(FaxPlan::new(HOSPITAL, FAX_LINE, sent.clone(), 1));
    let row = || async { faxes::get(&app.db, &FaxId::new(id.as_str())).await.unwrap() };
    let read =
        || async { row().await.is_some_and(|f| !matches!(f.status.as_str(), "receiving" | "received")) };
    assert!(within(std::time::Duration::from_secs(60), read).await, "{:?}\n{}", row().await, app.logs());
    let key = row().await.unwrap().key.expect("a key");
    assert_eq!(moto.object("example-docs", &key).await.bytes().await.unwrap(), sent);
    assert!(!app.dir.path().join("data/blobs/docs").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_tells_length_and_level_of_each_and_what_is_wrong_with_a_broken_one() {
    let moto = Moto::start().await;
    moto.make_bucket("example-audio").await;
    for prompt in Prompt::ALL {
        moto.put_object("example-audio", &format!("ivr/{}.wav", prompt.name()), built_in(prompt).to_vec())
            .await;
    }
    moto.put_object("example-audio", "ivr/menu.wav", wav::write(&[0; 40_000], 22_050)).await;
    let app = bare(&[]).await;
    let base = format!("{}/example-audio/ivr", moto.base);
    let (code, out, _) = app.try_command(&["prompts", "check", "--base", &base, "--json"]);
    let all: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 1, "{out}");
    let menu = &all[0];
    assert_eq!((menu["name"].as_str(), menu["result"].as_str()), (Some("menu"), Some("fail")));
    assert!(menu["findings"].to_string().contains("silent from end to end"), "{menu}");
    // Put without a type and without a cache time: it plays, with a word.
    let other = &all[1];
    assert_eq!(other["result"], "warn", "{other}");
    assert!(other["findings"].to_string().contains("how long caches may keep it"), "{other}");
    assert_eq!(other["answer"]["bytes"], built_in(Prompt::CollectStatement).len());
    assert!(other["sound"]["level_dbfs"].as_f64().unwrap() < -10.0, "{other}");
}

/// A program with Piper's command line that "speaks" the given file and notes voice and words.
fn stub_piper(app: &TestApp, speaks: &[u8]) -> (PathBuf, PathBuf) {
    let dir = app.dir.path();
    let (program, notes, sample) = (dir.join("piper"), dir.join("spoken"), dir.join("sample.wav"));
    std::fs::write(&sample, speaks).unwrap();
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = --help ] && {{ echo 'usage: piper -m MODEL [--model MODEL]'; exit 0; }}\n\
         while [ $# -gt 0 ]; do case $1 in --model) model=$2 ;; --output_file) out=$2 ;; esac; shift; done\n\
         [ \"$model\" = broken ] && {{ echo 'no such voice' >&2; exit 3; }}\n\
         {{ printf '%s: ' \"$model\"; cat; }} >> '{}'\ncp '{}' \"$out\"\n",
        notes.display(),
        sample.display()
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    (program, notes)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn piper_speaks_each_prompts_words_and_the_file_is_trimmed_and_checked() {
    let app = bare(&[]).await;
    let mut spoken = vec![0; 22_050];
    spoken.extend(samples(Prompt::Menu));
    spoken.extend(vec![0; 22_050]);
    let (piper, notes) = stub_piper(&app, &wav::write(&spoken, 22_050));
    let out = app.dir.path().join("made");
    let made = ["prompts", "generate", "--piper", text(&piper), "--voice", "joe", "--out", text(&out)];
    app.command(&made);
    let words: String = Prompt::ALL.iter().map(|p| format!("joe: {}\n", p.text())).collect();
    assert_eq!(std::fs::read_to_string(&notes).unwrap(), words);
    let file = std::fs::read(out.join("menu.wav")).unwrap();
    let sound = wav::measure(&wav::Wav::read(&file).unwrap().mono_16().unwrap(), 22_050);
    assert!(sound.lead_s < 0.1 && sound.tail_s < 0.2 && sound.clipped == 0.0, "{sound:?}");
    assert_eq!(out.read_dir().unwrap().count(), 7, "and no drafts are left");

    let dir = text(&out).to_owned();
    app.command(&["prompts", "upload", &dir, "--only", "menu"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_piper_cannot_speak_is_told_and_the_file_before_it_stays() {
    let app = bare(&[]).await;
    let (piper, _) = stub_piper(&app, &wav::write(&[0; 40_000], 22_050));
    let out = app.dir.path().join("made");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("menu.wav"), b"before").unwrap();
    let with = |voice| {
        [
            "prompts",
            "generate",
            "--piper",
            text(&piper),
            "--voice",
            voice,
            "--out",
            text(&out),
            "--only",
            "menu",
        ]
    };
    let (code, said, _) = app.try_command(&with("joe"));
    assert!(code == 1 && said.contains("hear nothing"), "{said}");
    let (code, _, err) = app.try_command(&with("broken"));
    assert!(code == 1 && err.contains("no such voice"), "{err}");
    assert_eq!(std::fs::read(out.join("menu.wav")).unwrap(), b"before");
    assert_eq!(out.read_dir().unwrap().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_piper_is_told_with_how_to_install_it() {
    let mut app = bare(&[]).await;
    app.env.push(("PATH".to_owned(), app.dir.path().display().to_string()));
    let (code, _, err) =
        app.try_command(&["prompts", "generate", "--out", text(&app.dir.path().join("made"))]);
    assert!(code == 1 && err.contains("pip install piper-tts"), "{err}");
}
