import type { Schemas } from '../../api/client';
import type { Series } from '../../ui/Chart';
import { marksOf } from './zones';

interface Course {
    x: number[];
    series: Series[];
    summary: string;
}

/** What was kept of a score, up to now; null where nothing was. */
export function courseOf(
    history: Schemas['StandingSample'][],
    score: number,
    margins: Schemas['StandingMargin'][],
    now: number,
): Course | null {
    const first = history[0];
    if (first === undefined) {
        return null;
    }
    const points = [...history.map(({ at, score: then }) => ({ at: Date.parse(at), score: then })), { at: now, score }];
    const x = points.map(({ at }) => at / 1000);
    const marks = marksOf(margins);
    const low = points.reduce((least, point) => Math.min(least, point.score), score);
    return {
        x,
        series: [
            { name: 'Score', values: points.map((point) => point.score) },
            ...marks.map(({ level, below }) => ({ name: `${level} below`, values: points.map(() => below) })),
        ],
        summary:
            `Score over time: from ${first.score} to ${score}, at the lowest ${low}. ` +
            `${marks.map(({ level, below }) => `${level} begins below ${below}`).join(', ')}.`,
    };
}
