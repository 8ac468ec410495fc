import { useState } from 'react';
import type { Schemas } from '../../api/client';
import { Button } from '../../ui/Button';
import { Panel } from '../../ui/Panel';
import { Empty } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Untrusted } from '../../ui/Text';
import { Ago, Amount, Id } from '../../ui/Values';
import { WriteAppeal } from './WriteAppeal';

type Fault = Schemas['Fault'];

const columns: Column<Fault>[] = [
    { title: 'Job', cell: ({ job }) => <Id value={job} href={`/jobs/${job}`} length={8} /> },
    { title: 'When', cell: ({ at }) => <Ago at={at} /> },
    { title: 'Price', cell: ({ price }) => <Amount units={price} />, end: true, wide: true },
    { title: 'Why', cell: ({ reason }) => <Untrusted text={reason} max={400} /> },
];

/** Jobs that did not end as agreed. The worker's owner may say that they were counted wrongly. */
export function Faults({ worker, faults }: { worker: string; faults: Fault[] }) {
    const [writes, setWrites] = useState(false);
    return (
        <Panel
            title="Faults"
            flush
            actions={faults.length > 0 && <Button onClick={() => setWrites(true)}>Appeal</Button>}
        >
            {faults.length === 0 ? (
                <Empty title="No fault is shown.">
                    <p>The worker’s own account and the operator see its newest faults here.</p>
                </Empty>
            ) : (
                <Table
                    label="Rows of faults"
                    columns={columns}
                    rows={faults}
                    rowKey={({ job, at }) => `${job} ${at}`}
                />
            )}
            {writes && <WriteAppeal worker={worker} faults={faults} onClose={() => setWrites(false)} />}
        </Panel>
    );
}
