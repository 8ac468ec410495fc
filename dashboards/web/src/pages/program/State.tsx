import { useInfiniteQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { api, ok, type Schemas } from '../../api/client';
import { useFilters } from '../../api/filters';
import { useMore } from '../../api/pages';
import { typedDigits } from '../../text/bytes';
import { bytesText, count } from '../../text/numbers';
import { Button } from '../../ui/Button';
import { Field, Form, Row } from '../../ui/Field';
import { Facts, Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Untrusted } from '../../ui/Text';
import { Id } from '../../ui/Values';
import { isRoot } from './judge';
import { Value } from './Value';
import styles from './Program.module.css';

type Key = Schemas['StateKeyName'];

const pageSize = 100;
const keyHint = 'Text, or hexadecimal digits behind “hex:”.';
const keyError = 'Behind “hex:” stand digits of whole bytes.';

/** The keys of the state, by their beginning, and one value with its proof. The chosen key and root stand in the address. */
export function State({ program }: { program: string }) {
    const [search, set] = useFilters();
    const [typed, setTyped] = useState('');
    const [looked, setLooked] = useState('');
    const prefix = useDeferredValue(typedDigits(typed) ?? '');
    const typedRoot = search.get('root') ?? '';
    const root = isRoot(typedRoot) ? typedRoot : '';
    const key = search.get('key');
    const query = useInfiniteQuery({
        queryKey: ['state', program, root, prefix],
        // The pages of one list are of one state, though jobs change it meanwhile.
        queryFn: ({ pageParam, signal }) =>
            ok(
                api.GET('/v1/programs/{program}/state', {
                    signal,
                    params: {
                        path: { program },
                        query: {
                            limit: pageSize,
                            ...(prefix === '' ? {} : { prefix }),
                            ...(pageParam !== null ? pageParam : root === '' ? {} : { root }),
                        },
                    },
                }),
            ),
        initialPageParam: null as { root: string; after: string } | null,
        getNextPageParam: ({ root: of, next }) => (next === undefined ? null : { root: of, after: next }),
    });
    const more = useMore(query);
    const columns: Column<Key>[] = [
        {
            title: 'Key',
            cell: (one) => (
                <button type="button" className={styles.key} onClick={() => set('key', one.key, 'kept')}>
                    {one.text === undefined ? 'not text' : <Untrusted text={one.text} max={48} />}
                </button>
            ),
        },
        { title: 'In hexadecimal', cell: (one) => <Id value={one.key} length={24} /> },
    ];
    return (
        <Panel
            title="State"
            actions={
                <Button busy={query.isFetching} onClick={() => void query.refetch()}>
                    Read again
                </Button>
            }
        >
            <div className={styles.state}>
                <Form
                    onSubmit={() => {
                        const digits = typedDigits(looked);
                        if (digits !== null && digits !== '') {
                            set('key', digits, 'kept');
                        }
                    }}
                >
                    <Row>
                        <Field
                            label="Keys begin with"
                            hint={keyHint}
                            error={typedDigits(typed) === null ? keyError : null}
                        >
                            {(ids) => (
                                <input {...ids} value={typed} onChange={(event) => setTyped(event.target.value)} />
                            )}
                        </Field>
                        <Field
                            label="Or look one key up"
                            hint="Its value is shown, or the proof that it has none."
                            error={typedDigits(looked) === null ? keyError : null}
                        >
                            {(ids) => (
                                <input {...ids} value={looked} onChange={(event) => setLooked(event.target.value)} />
                            )}
                        </Field>
                        <Field
                            label="Root"
                            hint="Of an older state; empty: the newest."
                            error={
                                typedRoot === '' || isRoot(typedRoot)
                                    ? null
                                    : 'A root has 64 digits from 0 to 9 and a to f.'
                            }
                        >
                            {(ids) => (
                                <input
                                    {...ids}
                                    value={typedRoot}
                                    maxLength={64}
                                    onChange={(event) => set('root', event.target.value.trim().toLowerCase())}
                                />
                            )}
                        </Field>
                    </Row>
                    <div>
                        <Button type="submit" disabled={typedDigits(looked) === null || looked === ''}>
                            Look up
                        </Button>
                    </div>
                </Form>
                <Loaded query={query}>
                    {({ pages }) => {
                        const items = pages.flatMap((page) => page.items);
                        const first = pages[0];
                        return (
                            <>
                                {first !== undefined && <Facts facts={factsOf(first)} />}
                                {items.length === 0 ? (
                                    <Empty title={prefix === '' ? 'The state has no key yet.' : 'No key begins so.'} />
                                ) : (
                                    <Table
                                        label="Keys"
                                        columns={columns}
                                        rows={items}
                                        rowKey={(one) => one.key}
                                        more={more}
                                    />
                                )}
                            </>
                        );
                    }}
                </Loaded>
                {key !== null && (
                    <Value program={program} stateKey={key} root={root} onClose={() => set('key', '', 'kept')} />
                )}
            </div>
        </Panel>
    );
}

const factsOf = (page: Schemas['StateKeyPage']): [string, React.ReactNode][] => [
    ['Root', <Id key="" value={page.root} length={20} />],
    ['Keys', count(page.keys)],
    ['Size', bytesText(page.bytes)],
];
