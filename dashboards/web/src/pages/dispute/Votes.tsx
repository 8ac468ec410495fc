import type { DisputeFile, Vote } from '../../verify/dispute';
import { Badge } from '../../ui/Badge';
import { Facts, Panel } from '../../ui/Panel';
import { Table, type Column } from '../../ui/Table';
import { Amount, Id } from '../../ui/Values';

/** What the jury has to give, and what it gave. */
export function Jury({ dispute }: { dispute: DisputeFile['dispute'] }) {
    const { votes, verdict, lead, state } = dispute;
    const jurors = votes.filter(({ role }) => role === 'juror');
    const right = jurors.filter(({ execution }) => execution === verdict).length;
    const hasVerdict = !/^0+$/.test(verdict);
    return (
        <Panel title="Jury">
            <Facts
                facts={[
                    ['Seats', `${votes.length - jurors.length} workers ran the job for its payer`],
                    [
                        'Jurors',
                        jurors.length === 0 ? 'none is told' : `${jurors.length} ran it because others disagreed`,
                    ],
                    ['Needed', `a result that leads each other by ${lead} of the jurors’ votes`],
                    [
                        'Verdict',
                        hasVerdict ? (
                            <>
                                <Id value={verdict} length={12} />, by {right} of {jurors.length} jurors
                            </>
                        ) : (
                            <Badge tone={state === 'open' ? 'live' : 'quiet'}>
                                {state === 'open' ? 'not yet' : 'none'}
                            </Badge>
                        ),
                    ],
                ]}
            />
        </Panel>
    );
}

const columns: Column<Vote>[] = [
    { title: 'Worker', cell: ({ worker }) => <Id value={worker} href={`/workers/${worker}`} length={16} /> },
    { title: 'Part', cell: ({ role }) => <Badge tone="quiet">{role}</Badge> },
    { title: 'Price', cell: ({ unitPrice }) => <Amount units={unitPrice} />, end: true },
];

/** While a jury runs the job only its workers are told. */
export const Waiting = ({ votes }: { votes: Vote[] }) => (
    <Panel title="Workers that disagree" flush>
        <Table label="Rows of workers that disagree" columns={columns} rows={votes} rowKey={({ worker }) => worker} />
    </Panel>
);
