import { expect, it } from 'vitest';
import {
  Count,
  CountBy,
  counterOf,
  gauge,
  Registry,
  registerMeters,
  statsOf,
} from '../../../bs-server/src/ops/meters.ts';

function createMeters() {
  const reasons = new CountBy('settled_total', 'By what became of them', 'outcome', 'reason');
  const taken = new Count('uplinks_total', 'Uplinks by result', { result: 'accepted' });
  const refused = new Count('uplinks_total', 'Uplinks by result', { result: 'invalid' });
  return {
    reasons,
    invalid: () => reasons.sum('invalid'),
    uplinks: { taken, refused },
    sent: counterOf('sent_total', 'Sent', {}, () => 7),
    level: gauge('level', 'Level', () => 2),
    untold: new Count(),
  };
}

it('meters say in stats() what they count, in the shape they are declared in', () => {
  const meters = createMeters();
  meters.reasons.add('invalid/seq');
  meters.reasons.add('invalid/seq');
  meters.reasons.add('invalid/model');
  meters.reasons.add('late/deadline');
  meters.uplinks.taken.add(3);
  meters.untold.add();
  expect(statsOf(meters)).toEqual({
    reasons: { 'invalid/seq': 2, 'invalid/model': 1, 'late/deadline': 1 },
    invalid: 3,
    uplinks: { taken: 3, refused: 0 },
    sent: 7,
    level: 2,
    untold: 1,
  });
});

it('meters of one name are one metric, told apart by labels; those without a name are in no metric', async () => {
  const meters = createMeters();
  meters.reasons.add('invalid/seq');
  meters.uplinks.refused.add();
  const registry = new Registry();
  registerMeters(registry, 'edge_csi', meters);
  // Read twice: a counter that is read adds nothing up.
  await registry.metrics();
  const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('# HELP'));
  expect(lines).toEqual([
    '# TYPE edge_csi_settled_total counter',
    'edge_csi_settled_total{outcome="invalid",reason="seq"} 1',
    '# TYPE edge_csi_uplinks_total counter',
    'edge_csi_uplinks_total{result="accepted"} 0',
    'edge_csi_uplinks_total{result="invalid"} 1',
    '# TYPE edge_csi_sent_total counter',
    'edge_csi_sent_total 7',
    '# TYPE edge_csi_level gauge',
    'edge_csi_level 2',
  ]);
});
