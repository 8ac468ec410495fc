import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOn, latencyText, perSecond, shortName, silosOf } from '../src/pages/silo/facts';

test('calls in a second are those of the window', () => {
    assert.equal(perSecond(300, 15_000), 20);
    assert.equal(perSecond(0, 0), 0);
});

test('a latency has the unit that suits it', () => {
    assert.deepEqual([0, 850, 999, 1000, 1234, 65_535, 999_999, 3_400_000, 61_000_000].map(latencyText), [
        '0 µs',
        '850 µs',
        '999 µs',
        '1.0 ms',
        '1.2 ms',
        '66 ms',
        '1000 ms',
        '3.4 s',
        '61 s',
    ]);
});

test('a class is named without its namespace', () => {
    assert.equal(shortName('Marketplace.Grains.Jobs.JobGrain'), 'JobGrain');
    assert.equal(shortName('JobGrain'), 'JobGrain');
    assert.equal(shortName(''), '');
});

test('the silos of a cluster are those of its grains, and one silo is no cluster', () => {
    const there = (grain: string, silo: string | undefined, activations: number) => ({ grain, silo, activations });
    assert.deepEqual(silosOf([there('JobGrain', undefined, 4)]), []);
    assert.deepEqual(silosOf([there('JobGrain', 'b', 4), there('KeyGrain', 'a', 2), there('KeyGrain', 'b', 1)]), [
        { address: 'a', activations: 2, classes: 1 },
        { address: 'b', activations: 5, classes: 2 },
    ]);
});

test('an option is on where its value says so', () => {
    const option = (value?: string) => [
        {
            name: '--dashboard',
            variable: 'MARKET_DASHBOARD',
            value,
            source: 'default' as const,
            secret: false,
            description: '',
        },
    ];
    assert.deepEqual(
        [option('True'), option('true'), option('False'), option(), []].map((all) => isOn(all, '--dashboard')),
        [true, true, false, false, false],
    );
});
