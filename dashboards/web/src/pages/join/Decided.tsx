import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useMore } from '../../api/pages';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Untrusted } from '../../ui/Text';
import { Ago, Id } from '../../ui/Values';
import { admissions, type Admission, type State } from './admissions';
import { Decision } from './Decision';
import styles from './Join.module.css';

/** Workers that were let in or refused one by one, and the way back. Only an operator's key sees them. */
export function Decided() {
    const [state, setState] = useState<State>('admitted');
    const [worker, setWorker] = useState<string | null>(null);
    const query = useInfiniteQuery(admissions(state));
    const more = useMore(query);
    if (query.data?.pages[0] === null) {
        return null;
    }
    const rows = query.data?.pages.flatMap((page) => page?.items ?? []) ?? [];
    return (
        <Panel title="Decided" flush>
            <div className={styles.pad}>
                <Field label="Show">
                    {(ids) => (
                        <select
                            {...ids}
                            value={state}
                            onChange={(event) => setState(event.target.value === 'refused' ? 'refused' : 'admitted')}
                        >
                            <option value="admitted">Workers that were let in</option>
                            <option value="refused">Workers that were refused</option>
                        </select>
                    )}
                </Field>
            </div>
            <Loaded query={query}>
                {() =>
                    rows.length === 0 ? (
                        <Empty title={state === 'admitted' ? 'No worker was let in here.' : 'No worker was refused.'}>
                            <p>Workers of the file known-workers are not in this list.</p>
                        </Empty>
                    ) : (
                        <Table
                            label="Decided admissions"
                            columns={columnsOf(state, setWorker)}
                            rows={rows}
                            rowKey={(row) => row.worker}
                            more={more}
                        />
                    )
                }
            </Loaded>
            {worker !== null && (
                <Decision
                    worker={worker}
                    admitted={state === 'refused'}
                    isIn={state === 'admitted'}
                    onClose={() => setWorker(null)}
                />
            )}
        </Panel>
    );
}

const columnsOf = (state: State, onAsk: (worker: string) => void): Column<Admission>[] => [
    { title: 'Worker', cell: ({ worker }) => <Id value={worker} href={`/workers/${worker}`} /> },
    {
        title: 'When',
        cell: ({ decision }) => (decision === undefined ? '–' : <Ago at={decision.at} />),
        wide: true,
    },
    {
        title: 'Why',
        cell: ({ decision }) => (decision === undefined ? '–' : <Untrusted text={decision.reason} max={80} />),
        wide: true,
    },
    {
        title: 'By',
        cell: ({ decision }) => (decision === undefined ? '–' : <Id value={decision.by} length={8} />),
        wide: true,
    },
    {
        title: 'Change',
        cell: ({ worker }) => (
            <Button kind="quiet" onClick={() => onAsk(worker)}>
                {state === 'admitted' ? 'Take back…' : 'Let in…'}
            </Button>
        ),
        end: true,
    },
];
