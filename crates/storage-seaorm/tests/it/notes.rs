//! SR-10: notes in the one order in which they can be followed.

use kernel::ServiceRequestId;
use service_delivery::{
    UnitOfWork,
    reads::{NotePlace, NotesFollowed, Reads, Viewer},
};
use sr_workflow::{Note, NoteRecord, NoteVisibility};
use storage_seaorm::{Database, testing::TestDatabase};

use crate::{
    on_both,
    support::{World, begin, id, now, staff},
};

on_both! {
    sr_10_notes_are_followed_in_the_order_of_writing,
    sr_10_customers_follow_client_notes_on_their_own_requests,
}

async fn write(uow: &mut dyn UnitOfWork, request: ServiceRequestId, visibility: NoteVisibility, body: &str) {
    let (author, body) = (staff(), body.to_owned());
    let record = NoteRecord { id: id(), request, visibility, author, body, at: now() };
    uow.work().insert_note(&Note::try_new(record).unwrap()).await.unwrap();
}

type Found = Vec<(NotePlace, String)>;

async fn after(db: &Database, viewer: Viewer, followed: NotesFollowed, place: NotePlace) -> Found {
    let notes = db.notes_after(viewer, &followed, place, 200).await.unwrap();
    notes.into_iter().map(|written| (written.place, written.note.body)).collect()
}

/// All of them, once there are so many. On PostgreSQL they appear when nothing older is under way on the whole server, where other
/// tests work as well.
async fn all(db: &Database, count: usize) -> Found {
    loop {
        let found = after(db, staff_now(), NotesFollowed::default(), NotePlace::default()).await;
        assert!(found.len() <= count, "{found:?}");
        if found.len() == count {
            return found;
        }
        tokio::task::yield_now().await;
    }
}

fn staff_now() -> Viewer {
    Viewer::staff(now())
}

fn bodies(found: &[(NotePlace, String)]) -> Vec<&str> {
    found.iter().map(|(_, body)| body.as_str()).collect()
}

async fn sr_10_notes_are_followed_in_the_order_of_writing(db: TestDatabase) {
    let world = World::new(&db).await;
    let request = world.requests(&db, 1).await[0];
    assert_eq!(db.last_note(staff_now()).await, Ok(NotePlace::default()));
    let mut uow = begin(&db).await;
    for body in ["first", "second"] {
        write(&mut *uow, request, NoteVisibility::Client, body).await;
    }
    uow.commit().await.unwrap();
    let all = all(&db, 2).await;
    assert_eq!(bodies(&all), ["first", "second"]);
    let from = async |place| after(&db, staff_now(), NotesFollowed::default(), place).await;
    assert_eq!(from(all[0].0).await, all[1..]);
    assert!(from(all[1].0).await.is_empty());
    assert_eq!(db.last_note(staff_now()).await, Ok(all[1].0));
}

async fn sr_10_customers_follow_client_notes_on_their_own_requests(db: TestDatabase) {
    let world = World::new(&db).await;
    let requests = world.requests(&db, 2).await;
    let mut uow = begin(&db).await;
    for (request, body) in [(requests[0], "zero"), (requests[1], "one")] {
        write(&mut *uow, request, NoteVisibility::Client, body).await;
        write(&mut *uow, request, NoteVisibility::Internal, "internal").await;
    }
    uow.commit().await.unwrap();
    assert_eq!(bodies(&all(&db, 4).await), ["zero", "internal", "one", "internal"]);
    let any = NotesFollowed::default();
    let (ours, staff) = (Viewer::of(world.organization, now()), staff_now());
    let internal = NotesFollowed { visibility: Some(NoteVisibility::Internal), ..any };
    let of_one = NotesFollowed { request: Some(requests[1]), ..any };
    let of_us = NotesFollowed { organization: Some(world.organization), ..any };
    let of_others = NotesFollowed { organization: Some(id()), ..any };
    for (viewer, followed, seen) in [
        (ours, any, vec!["zero", "one"]),
        (ours, internal, vec![]),
        (Viewer::of(id(), now()), any, vec![]),
        (staff, internal, vec!["internal", "internal"]),
        (staff, of_one, vec!["one", "internal"]),
        (staff, of_us, vec!["zero", "internal", "one", "internal"]),
        (staff, of_others, vec![]),
    ] {
        assert_eq!(bodies(&after(&db, viewer, followed, NotePlace::default()).await), seen, "{followed:?}");
    }
}

/// Transactions commit in another order than they write: nobody reads past one that may still write before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sr_10_postgresql_nothing_appears_before_what_was_followed() {
    let db = storage_seaorm::testing::postgres().await;
    let world = World::new(&db).await;
    let requests = world.requests(&db, 2).await;
    let (mut slow, mut quick) = (begin(&db).await, begin(&db).await);
    // The slow one takes places before and after the quick one's, in a transaction that began to write before it.
    write(&mut *slow, requests[0], NoteVisibility::Client, "slow 1").await;
    write(&mut *quick, requests[1], NoteVisibility::Client, "quick").await;
    write(&mut *slow, requests[0], NoteVisibility::Client, "slow 2").await;
    quick.commit().await.unwrap();
    let waiting = after(&db, staff_now(), NotesFollowed::default(), NotePlace::default()).await;
    assert_eq!(bodies(&waiting), Vec::<&str>::new(), "it waits for the slow one");
    assert_eq!(db.last_note(staff_now()).await, Ok(NotePlace::default()));
    slow.commit().await.unwrap();
    let found = all(&db, 3).await;
    assert_eq!(bodies(&found), ["slow 1", "slow 2", "quick"]);
    // One that is undone keeps nobody waiting for ever.
    let (mut undone, mut third) = (begin(&db).await, begin(&db).await);
    write(&mut *undone, requests[0], NoteVisibility::Client, "undone").await;
    write(&mut *third, requests[1], NoteVisibility::Client, "third").await;
    third.commit().await.unwrap();
    drop(undone);
    let found = all(&db, 4).await;
    assert_eq!(bodies(&found), ["slow 1", "slow 2", "quick", "third"]);
}
