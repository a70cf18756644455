use diesel::prelude::*;
use jackfield_api::LoginRefusal;
use jackfield_api::snapshot::{SessionId, Uuid};

use super::super::super::schema::clients;
use super::*;

const LONG: Duration = Duration::from_mins(1);

type Answer = oneshot::Receiver<Result<Told, NotWritten>>;

/// A login of the client of this number, for which is waited so long. Nobody has the number 0.
fn login(number: u32, patience: Duration) -> (Job, Answer) {
    let name = Uuid::from_u128(number.into());
    let session = SessionId::parse("mine").expect("an id");
    let (address, switch) = ("192.0.2.1:1".to_owned(), "vm".to_owned());
    let ask = Ask::Login(ClientLogin { name, session, address, switch });
    let (tell, told) = oneshot::channel();
    let begin = Instant::now();
    (Job { ask, begin, end: begin + patience, tell, span: Span::none() }, told)
}

fn made(folder: &tempfile::TempDir) -> (DatabaseUrl, Database) {
    let url = DatabaseUrl::sqlite(folder.path().join("jackfield.db"));
    let mut database = Database::make(&url).expect("made");
    database.migrate().expect("made");
    (url, database)
}

fn run(database: &mut Database, statements: &[&str]) {
    let done = database.write("test", |session| -> Result<(), DbError> {
        for statement in statements {
            diesel::sql_query(*statement).execute(session)?;
        }
        Ok(())
    });
    done.expect("written");
}

/// A thousand clients, whose rows are slow to write.
fn slow(database: &mut Database) {
    run(
        database,
        &[
            "INSERT INTO channels (name) VALUES ('desk')",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
             INSERT INTO clients (channel_id, name, ha1, session, created, expires) \
             SELECT channels.id, printf('00000000-0000-0000-0000-%012x', i), \
             '0123456789abcdef0123456789abcdef', 'mine', 1, 9999999999 FROM n, channels",
            "CREATE VIEW much AS WITH RECURSIVE \
             n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000) SELECT i FROM n",
            "CREATE TRIGGER slow BEFORE UPDATE ON clients BEGIN SELECT count(*) FROM much; END",
        ],
    );
}

/// How many clients are connected.
fn connected(database: &mut Database) -> i64 {
    let connected = clients::table.filter(clients::connected.is_not_null());
    connected.count().get_result(&mut database.session).expect("a count")
}

fn is_approved(told: &Result<Told, NotWritten>) -> bool {
    match told {
        Ok(Told::Login(LoginDecision::Approved(_))) => true,
        Err(NotWritten::Late) => false,
        told => panic!("{told:?}"),
    }
}

#[test]
fn of_more_logins_than_there_is_time_for_so_many_are_decided_and_the_others_are_not_recorded() {
    let folder = tempfile::tempdir().expect("a folder");
    let (url, mut database) = made(&folder);
    slow(&mut database);
    let lane = Lane::default();
    let give = |number| {
        let (job, told) = login(number, Duration::from_millis(800));
        lane.give(&url, job).expect("there is room");
        told
    };
    let waiting: Vec<_> = (1..=1000).map(give).collect();
    let told = waiting.into_iter().map(|told| told.blocking_recv().expect("the thread lives"));
    let approved = told.filter(is_approved).count();
    assert!((5..1000).contains(&approved), "{approved} of 1000");
    assert_eq!(usize::try_from(connected(&mut database)), Ok(approved));
}

#[test]
fn who_is_nearly_late_is_tried_only_where_nobody_else_waits() {
    let (mut job, mut told) = login(0, LONG);
    let long_ago = job.begin.checked_sub(LONG);
    job.begin = long_ago.expect("the machine has run for a while");
    job.end = Instant::now() + LONG / 20;
    let mut jobs = vec![job];
    dismiss(&mut jobs);
    assert_eq!(jobs.len(), 1);
    let (other, _) = login(0, LONG);
    jobs.push(other);
    dismiss(&mut jobs);
    assert_eq!(jobs.len(), 1);
    assert!(matches!(told.try_recv(), Ok(Err(NotWritten::Late))));
}

#[test]
fn a_thread_that_hangs_is_left_behind_and_so_are_four_but_no_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let (url, mut database) = made(&folder);
    let lane = Lane::default();
    let mut waiting = Vec::new();
    let held = database.write("test", |_| -> Result<(), DbError> {
        for asked in 1..=LEFT_BEHIND + 3 {
            let (job, told) = login(0, LONG);
            lane.give(&url, job).expect("there is room");
            waiting.push(told);
            assert_eq!(lane.threads(), asked.min(LEFT_BEHIND + 1));
            let busy = {
                let running = locked(&lane.running);
                Arc::clone(&running.as_ref().expect("a thread").busy)
            };
            while locked(&busy).is_none() {
                std::thread::yield_now();
            }
            let long_ago = Instant::now().checked_sub(2 * PATIENCE);
            *locked(&busy) = Some(long_ago.expect("the machine has run for a while"));
        }
        Ok(())
    });
    held.expect("nobody else writes");
    for told in waiting {
        told.blocking_recv().expect("the thread lives").expect("it was written");
    }
}

#[test]
fn a_database_that_hangs_has_so_many_wait_and_the_next_ones_are_told_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let (url, mut database) = made(&folder);
    let lane = Lane::default();
    let (mut waiting, mut refused) = (Vec::new(), 0);
    let held = database.write("test", |_| -> Result<(), DbError> {
        for _ in 0..2 * (WAITING + MOST) {
            let (job, told) = login(0, LONG);
            match lane.give(&url, job) {
                Ok(()) => waiting.push(told),
                Err(why) => {
                    assert_eq!(why, NotWritten::Late);
                    refused += 1;
                }
            }
        }
        Ok(())
    });
    held.expect("nobody else writes");
    assert!((WAITING..=WAITING + MOST).contains(&waiting.len()), "{}", waiting.len());
    assert!(refused >= WAITING, "{refused}");
    for told in waiting {
        let told = told.blocking_recv().expect("the thread lives").expect("it was written");
        let unknown = LoginDecision::Refused(LoginRefusal::Unknown);
        assert!(matches!(&told, Told::Login(decision) if *decision == unknown), "{told:?}");
    }
}
