import type { Schemas } from '../../api/client';
import { spanText } from '../../text/time';
import { Badge, type Tone } from '../../ui/Badge';
import type { Column } from '../../ui/Table';
import { Ago, Amount, Id } from '../../ui/Values';

type Item = Schemas['DisputeListItem'];

const tones: Record<string, Tone> = {
    kept: 'quiet',
    open: 'live',
    undecided: 'warn',
    decided: 'warn',
    settled: 'good',
};

export const DisputeState = ({ state }: { state: string }) => <Badge tone={tones[state] ?? 'quiet'}>{state}</Badge>;

/** @param worker What it was in each: shown where the list is of one worker. */
export const columns = (worker?: string): Column<Item>[] => [
    { title: 'Job', cell: ({ job }) => <Id value={job} href={`/disputes/${job}`} /> },
    { title: 'State', cell: ({ state }) => <DisputeState state={state} /> },
    ...(worker === undefined ? [] : [{ title: 'Part', cell: (item: Item) => partOf(item, worker) }]),
    { title: 'Opened', cell: ({ openedAt }) => <Ago at={openedAt} /> },
    {
        title: 'Took',
        cell: ({ openedAt, decidedAt }) =>
            decidedAt === undefined ? '–' : spanText(Date.parse(decidedAt) - Date.parse(openedAt)),
        end: true,
        wide: true,
    },
    { title: 'Results', cell: ({ results }) => results, end: true, wide: true },
    { title: 'Seats', cell: ({ seats }) => seats.length, end: true, wide: true },
    { title: 'Jurors', cell: ({ jurors }) => jurors.length, end: true, wide: true },
    { title: 'Lost', cell: ({ losers }) => losers.length, end: true },
    { title: 'Slashed', cell: ({ slashed }) => <Amount units={slashed} />, end: true, wide: true },
];

function partOf({ seats, jurors, losers }: Item, worker: string) {
    const part = seats.includes(worker) ? 'seat' : jurors.includes(worker) ? 'juror' : '–';
    return losers.includes(worker) ? <Badge tone="bad">{part}, lost</Badge> : part;
}
