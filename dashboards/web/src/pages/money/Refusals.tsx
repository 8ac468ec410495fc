import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok, type Schemas } from '../../api/client';
import { Button } from '../../ui/Button';
import { Field, Form, Row } from '../../ui/Field';
import { Panel } from '../../ui/Panel';
import { ErrorBox, Loaded } from '../../ui/States';
import { toast } from '../../ui/Toasts';
import { Id } from '../../ui/Values';
import styles from './Money.module.css';

type List = Schemas['RefusalList'];
type Kind = keyof List;

const refusalsMax = 20;
const refusalsQuery = ['refusals'];

/** Workers and owners of workers that get no jobs of the account. */
export function Refusals() {
    const query = useQuery({ queryKey: refusalsQuery, queryFn: () => ok(api.GET('/v1/account/refusals')) });
    return (
        <Panel title="Refused workers and owners">
            <Loaded query={query}>{(list) => <Editor list={list} />}</Loaded>
        </Panel>
    );
}

function Editor({ list }: { list: List }) {
    const queries = useQueryClient();
    const [kind, setKind] = useState<Kind>('workers');
    const [typed, setTyped] = useState('');
    const id = typed.trim().toLowerCase();
    const isId = /^[0-9a-f]{64}$/.test(id);
    const isThere = list[kind].includes(id);
    const isFull = list.workers.length + list.owners.length >= refusalsMax;
    const put = useMutation({
        mutationFn: ({ workers, owners }: List) => ok(api.PUT('/v1/account/refusals', { body: { workers, owners } })),
        onSuccess: (now) => {
            queries.setQueryData(refusalsQuery, now);
            toast('Jobs that you submit from now on have this list.');
        },
    });
    const rows: [Kind, string][] = [
        ...list.workers.map((one): [Kind, string] => ['workers', one]),
        ...list.owners.map((one): [Kind, string] => ['owners', one]),
    ];
    const without = (from: Kind, one: string): List => ({ ...list, [from]: list[from].filter((kept) => kept !== one) });
    return (
        <div className={styles.stack}>
            {rows.length === 0 ? (
                <p className={styles.quiet}>Your jobs go to every worker that fits. Name those that should get none.</p>
            ) : (
                <ul className={styles.list}>
                    {rows.map(([from, one]) => (
                        <li key={`${from} ${one}`}>
                            <span className={styles.row}>
                                {from === 'workers' ? 'Worker' : 'All workers of the account'}{' '}
                                <Id value={one} {...(from === 'workers' ? { href: `/workers/${one}` } : {})} />
                            </span>
                            <Button
                                kind="quiet"
                                busy={put.isPending}
                                onClick={() => put.mutate(without(from, one))}
                                aria-label={`Allow ${one.slice(0, 10)} again`}
                            >
                                Allow again
                            </Button>
                        </li>
                    ))}
                </ul>
            )}
            <Form
                onSubmit={() => {
                    if (isId && !isThere && !isFull) {
                        put.mutate({ ...list, [kind]: [...list[kind], id] }, { onSuccess: () => setTyped('') });
                    }
                }}
            >
                <Row>
                    <Field label="Refuse">
                        {(ids) => (
                            <select {...ids} value={kind} onChange={(event) => setKind(event.target.value as Kind)}>
                                <option value="workers">one worker</option>
                                <option value="owners">all workers of an account</option>
                            </select>
                        )}
                    </Field>
                    <Field
                        label="Id"
                        error={
                            isFull
                                ? `The list has ${refusalsMax}, which is the most.`
                                : isThere
                                  ? 'It is in the list already.'
                                  : typed !== '' && !isId
                                    ? 'An id has 64 digits from 0 to 9 and a to f.'
                                    : null
                        }
                    >
                        {(ids) => (
                            <input
                                {...ids}
                                value={typed}
                                maxLength={80}
                                spellCheck={false}
                                onChange={(event) => setTyped(event.target.value)}
                            />
                        )}
                    </Field>
                </Row>
                {put.isError && <ErrorBox error={put.error} />}
                <div>
                    <Button type="submit" busy={put.isPending} disabled={!isId || isThere || isFull}>
                        Refuse
                    </Button>
                </div>
            </Form>
        </div>
    );
}
