//! The background tasks of a node.

use std::sync::Arc;

use service_kit::Tls;
use shared::tasks::{SupervisedTask, TaskHealth};

use crate::{
    audit::{refusals::spawn_refusal_writer, retention::spawn_retention},
    backchannel::delivery_loop::spawn_logout_delivery,
    keys::reload::KeyReload,
    reload_loop::spawn_reload_loop,
    services::Services,
    sweep::spawn_sweep_loop,
    write_check::spawn_write_check,
};

/// The background tasks of a node. They stop when this is dropped.
pub struct BackgroundTasks(Vec<SupervisedTask>);

impl BackgroundTasks {
    /// Starts them on this thread's runtime.
    pub fn spawn(services: &Services, tls: Option<&Tls>) -> Self {
        let Services { db, keys, verifiers, lists, refusals, writes, .. } = services;
        let (keys, verifiers) = (Arc::clone(keys), Arc::clone(verifiers));
        let mut tasks = vec![
            spawn_reload_loop(Arc::new(KeyReload { keys, verifiers })),
            spawn_reload_loop(Arc::clone(lists)),
            spawn_sweep_loop(db.clone()),
            spawn_refusal_writer(Arc::clone(refusals)),
            spawn_write_check(Arc::clone(writes)),
            spawn_logout_delivery(Arc::clone(&services.logout_delivery)),
        ];
        if services.audit.retention_days > 0 {
            tasks.push(spawn_retention(db.clone(), services.audit.retention_days));
        }
        tasks.extend(tls.map(Tls::watch));
        Self(tasks)
    }

    /// The health of each.
    pub fn healths(&self) -> Vec<Arc<TaskHealth>> {
        self.0.iter().map(|task| Arc::clone(task.health())).collect()
    }
}
