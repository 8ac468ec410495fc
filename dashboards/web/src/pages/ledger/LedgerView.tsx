import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Facts, Panel } from '../../ui/Panel';
import { ErrorBox, Loaded } from '../../ui/States';
import { toast } from '../../ui/Toasts';
import { Ago, Id } from '../../ui/Values';
import { saveAs } from '../job/save';
import { fetchHead, forgetHead, type CheckedHead } from './history';
import styles from './Ledger.module.css';
import { Records } from './Records';
import { timeOf } from './words';

/** Asked for once a page: the records below are those of this head. */
export const useHead = (ledger: string) =>
    useQuery({
        queryKey: ['ledger', ledger, 'head'],
        queryFn: () => fetchHead(ledger),
        staleTime: Infinity,
        gcTime: 0,
    });

export function LedgerView({ ledger }: { ledger: string }) {
    const query = useHead(ledger);
    return (
        <>
            <Panel
                title="Head"
                actions={
                    <Button onClick={() => void query.refetch()} busy={query.isFetching}>
                        Ask again
                    </Button>
                }
            >
                {query.isError && query.data !== undefined && <ErrorBox error={query.error} />}
                <Loaded query={query}>{(head) => <HeadFacts ledger={ledger} head={head} />}</Loaded>
            </Panel>
            {query.data !== undefined && (
                <Panel title="Records" flush>
                    <Records key={query.data.file.head.size} ledger={ledger} head={query.data} />
                </Panel>
            )}
        </>
    );
}

function HeadFacts({ ledger, head }: { ledger: string; head: CheckedHead }) {
    const { file, kept, fault } = head;
    return (
        <div className={styles.head}>
            <p className={styles.row} aria-live="polite">
                <Badge tone={fault === null ? 'good' : 'bad'}>{fault === null ? 'holds' : 'does not hold'}</Badge>
                <span className={fault === null ? undefined : styles.fault}>
                    {fault ??
                        (kept === null
                            ? 'The market has signed it. It is the first head of this ledger that this browser keeps.'
                            : 'The market has signed it, and it goes on from the head that this browser kept last.')}
                </span>
            </p>
            <Facts
                facts={[
                    ['Records', Number(file.head.size).toLocaleString('en')],
                    ['Signed', <Ago key="" at={timeOf(file.head.time)} />],
                    ['Root', <Id key="" value={file.head.root} length={20} />],
                    ['Market', <Id key="" value={file.domain.market} length={20} />],
                    [
                        'Kept before',
                        kept === null ? null : (
                            <span key="">
                                {Number(kept.head.size).toLocaleString('en')} records,{' '}
                                <Ago at={timeOf(kept.head.time)} />
                            </span>
                        ),
                    ],
                ]}
            />
            <Actions ledger={ledger} head={head} />
        </div>
    );
}

function Actions({ ledger, head: { line, keptLine, fault } }: { ledger: string; head: CheckedHead }) {
    const queries = useQueryClient();
    const [isSaved, setSaved] = useState(false);
    const forget = useMutation({
        mutationFn: () => forgetHead(ledger),
        onSuccess: () => queries.invalidateQueries({ queryKey: ['ledger', ledger] }),
        onError: (error) => toast(error.message, 'bad'),
    });
    const save = (text: string, name: string) => saveAs(new Blob([`${text}\n`]), `${ledger.slice(0, 16)}.${name}`);
    return (
        <div className={styles.row}>
            <Button onClick={() => save(line, 'head.json')}>Save the head</Button>
            {fault !== null && keptLine !== null && (
                <>
                    <Button
                        onClick={() => {
                            save(keptLine, 'kept.head.json');
                            setSaved(true);
                        }}
                    >
                        Save the head of before
                    </Button>
                    <Button
                        kind="danger"
                        disabled={!isSaved}
                        title={isSaved ? undefined : 'Save the head of before first: it is the proof.'}
                        onClick={() => forget.mutate()}
                    >
                        Forget the head of before
                    </Button>
                </>
            )}
        </div>
    );
}
