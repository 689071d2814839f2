//! The background tasks of a node.

use std::sync::Arc;

use shared::tasks::{SupervisedTask, TaskHealth};

use crate::{
    db::Db,
    keys::{key_keeper::KeyKeeper, reload::KeyReload},
    reload_loop::spawn_reload_loop,
    sessions::sweep::spawn_sweep_loop,
    status::list_keeper::ListKeeper,
    verifiers::register::VerifierRegister,
};

/// The background tasks of a node. They stop when this is dropped.
pub struct BackgroundTasks(Vec<SupervisedTask>);

impl BackgroundTasks {
    /// Starts them on this thread's runtime.
    pub fn spawn(db: &Db, keys: &Arc<KeyKeeper>, verifiers: &Arc<VerifierRegister>, lists: &Arc<ListKeeper>) -> Self {
        let (keys, verifiers) = (Arc::clone(keys), Arc::clone(verifiers));
        Self(vec![
            spawn_reload_loop(Arc::new(KeyReload { keys, verifiers })),
            spawn_reload_loop(Arc::clone(lists)),
            spawn_sweep_loop(db.clone()),
        ])
    }

    /// The health of each.
    pub fn healths(&self) -> Vec<Arc<TaskHealth>> {
        self.0.iter().map(|task| Arc::clone(task.health())).collect()
    }
}
