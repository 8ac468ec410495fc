import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandOf } from '../src/pages/join/command';
import { courseOf } from '../src/pages/worker/course';

test('the command for a worker names the address as the browser sees it', () => {
    for (const [origin, plain] of [
        ['http://127.0.0.1:8080', ''],
        ['http://localhost:8080', ''],
        ['http://[::1]:8080', ''],
        ['https://market.example.org:8443', ''],
        ['http://10.0.0.7:8080', ' --allow-plaintext'],
        ['http://127.0.0.1.example.org', ' --allow-plaintext'],
    ] as const) {
        assert.equal(commandOf(new URL(origin)), `dotnet run --project worker -- --url ${origin}${plain}`);
    }
});

const margins = [
    { level: 'excluded' as const, below: 300, faults: 9 },
    { level: 'warning' as const, below: 650, faults: 2 },
];

test('a score without samples has no course', () => {
    assert.equal(courseOf([], 700, margins, 0), null);
});

test('the course of a score ends now, beside the margins', () => {
    const history = [
        { at: '2026-01-01T00:00:00Z', score: 700, level: 'newcomer' as const },
        { at: '2026-01-02T00:00:00Z', score: 600, level: 'warning' as const },
    ];
    const course = courseOf(history, 910, margins, Date.parse('2026-01-03T00:00:00Z'));
    assert.ok(course !== null);
    assert.deepEqual(
        course.x.map((at) => new Date(at * 1000).getUTCDate()),
        [1, 2, 3],
    );
    assert.deepEqual(course.series, [
        { name: 'Score', values: [700, 600, 910] },
        { name: 'warning below', values: [650, 650, 650] },
        { name: 'excluded below', values: [300, 300, 300] },
    ]);
    assert.match(course.summary, /from 700 to 910, at the lowest 600/);
});
