//! Guess budgets against what a rate promises, over two nodes.

use diesel::{OptionalExtension, QueryDsl, QueryResult, RunQueryDsl};
use shared::{UnixTime, testing::Dice};
use tempfile::TempDir;

use super::{
    budget::{Budget, MANY_FAILURES, SLOW_PERIOD},
    lane::Lane,
    store,
};
use crate::{
    config::Config,
    db::{DatabaseUrl, Db, migrate},
    rate::Rate,
    schema::guess_budgets,
};

const RATE: Rate = Rate { burst: 4, period: 60 };

/// What the wrong guesses alone would have left: those that were refunded were never taken.
#[derive(Default)]
struct Model {
    full_at: i64,
    wrong: Vec<i64>,
}

impl Model {
    fn count_wrong(&mut self, now: i64) {
        let many = usize::try_from(MANY_FAILURES).unwrap();
        let cost = if self.wrong.len() >= many { SLOW_PERIOD } else { RATE.period };
        self.full_at = self.full_at.max(now) + cost;
        self.wrong.push(now);
    }

    /// In every stretch of time there are at most the burst and what is regained in it.
    fn assert_within_rate(&self, seed: u64) {
        for (first, from) in self.wrong.iter().enumerate() {
            for (last, to) in self.wrong.iter().enumerate().skip(first) {
                let (count, regained) = (last - first + 1, usize::try_from((to - from) / RATE.period).unwrap());
                assert!(count <= 4 + regained, "seed {seed}: {count} guesses from {from} to {to}");
            }
        }
    }
}

/// In each second several guesses arrive at both nodes, and some are right.
fn run(nodes: &[Db; 2], seed: u64, waits: &[i64]) -> usize {
    let (mut dice, mut model) = (Dice::new(seed), Model::default());
    let budget = Budget { user_id: -1 - i64::try_from(seed).unwrap(), lane: Lane::Stranger };
    let mut now = 1_800_000_000;
    for _ in 0..40 {
        now += dice.choose(waits).unwrap();
        let at = UnixTime::from_seconds(now);
        let mut taken = 0;
        for _ in 0..=3 + dice.below(4) {
            let (node, full_at) = (dice.choose(nodes).unwrap(), stored(&nodes[0], budget));
            let is_taken = node.run_here(|conn| store::take(conn, budget, RATE, at)).unwrap();
            assert_eq!(
                is_taken,
                RATE.take(full_at, now).is_ok(),
                "seed {seed}: one is taken if and only if one is left"
            );
            taken += usize::from(is_taken);
        }
        for _ in 0..taken {
            if dice.below(6) == 0 {
                let refunded = |conn: &mut _| -> QueryResult<()> { store::refund(conn, budget, RATE, false) };
                dice.choose(nodes).unwrap().run_here(refunded).unwrap();
            } else {
                model.count_wrong(now);
            }
        }
        assert_eq!(stored(&nodes[1], budget).max(now), model.full_at.max(now), "seed {seed}: refunds are exact");
    }
    model.assert_within_rate(seed);
    model.wrong.len()
}

fn stored(node: &Db, budget: Budget) -> i64 {
    let row = guess_budgets::table.find((budget.user_id, budget.lane.to_string())).select((guess_budgets::full_at,));
    let found: Option<(i64,)> = node.run_here(|conn| row.get_result(conn).optional()).unwrap();
    found.map_or(0, |(full_at,)| full_at)
}

#[test]
fn two_nodes_admit_no_more_guesses_than_the_rate_and_refund_exactly() {
    let folder = TempDir::new().unwrap();
    let url: DatabaseUrl = format!("sqlite://{}/auth.db", folder.path().display()).parse().unwrap();
    let nodes = [(); 2].map(|()| Db::connect(&url, &Config::default().database).unwrap());
    migrate(&nodes[0]).unwrap();

    for seed in 0..3 {
        run(&nodes, seed, &[1, 20, RATE.period, 3 * RATE.period]);
    }
    // Enough for many failures, which make a stranger slower.
    let wrong = run(&nodes, 99, &[6 * RATE.period]);
    assert!(wrong > usize::try_from(MANY_FAILURES).unwrap() + 2, "{wrong}");
}
