import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useDeferredValue } from 'react';
import { Link, useLocation } from 'wouter';
import { api, ok, type Schemas } from '../../api/client';
import { useFilters } from '../../api/filters';
import { useMore } from '../../api/pages';
import { deploy } from '../../api/run';
import { bytesText } from '../../text/numbers';
import { Badge } from '../../ui/Badge';
import { Drop } from '../../ui/Drop';
import { Field, Form } from '../../ui/Field';
import { Grid, PageHead, Panel } from '../../ui/Panel';
import { Empty, ErrorBox, Loaded, Loading } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Untrusted } from '../../ui/Text';
import { toast } from '../../ui/Toasts';
import { Ago, Id } from '../../ui/Values';

type Program = Schemas['DeployedProgram'];

const nameMax = 64;
const prefixMin = 8;

const columns: Column<Program>[] = [
    {
        title: 'Name',
        cell: ({ id, name }) => (
            <Link href={`/programs/${id}`}>
                <Untrusted text={name} max={40} />
            </Link>
        ),
    },
    { title: 'Id', cell: ({ id }) => <Id value={id} href={`/programs/${id}`} length={12} />, wide: true },
    { title: 'Interface', cell: ({ abi }) => <Untrusted text={abi} />, wide: true },
    { title: 'Module', cell: ({ moduleSize }) => bytesText(moduleSize), end: true },
    {
        title: 'Same result',
        cell: ({ deterministic }) =>
            deterministic ? <Badge tone="good">always</Badge> : <Badge tone="warn">not always</Badge>,
        wide: true,
    },
    { title: 'State', cell: ({ usesState }) => (usesState ? 'kept' : 'none'), wide: true },
    { title: 'Deployed', cell: ({ deployedAt }) => <Ago at={deployedAt} /> },
];

const digitsOf = (typed: string) => typed.replace(/^prog/, '');

const isPrefix = (typed: string) => /^[0-9a-f]{8,64}$/.test(digitsOf(typed));

/** The account's programs, the newest first. What is looked for stands in the address. */
export default function Programs() {
    const [search, set] = useFilters();
    const typed = search.get('prefix') ?? '';
    const prefix = useDeferredValue(isPrefix(typed) ? digitsOf(typed) : '');
    const query = useInfiniteQuery({
        queryKey: ['programs', 'list', prefix],
        queryFn: ({ pageParam, signal }) =>
            ok(
                api.GET('/v1/programs', {
                    signal,
                    params: {
                        query: {
                            limit: 100,
                            ...(prefix === '' ? {} : { prefix }),
                            ...(pageParam === null ? {} : { cursor: pageParam }),
                        },
                    },
                }),
            ),
        initialPageParam: null as string | null,
        getNextPageParam: ({ next }) => next ?? null,
    });
    const more = useMore(query);
    return (
        <>
            <PageHead title="Programs" about="The programs that your account has deployed, the newest first." />
            <Grid wide>
                <Deploy />
                <Panel title="Find">
                    <Form onSubmit={() => void query.refetch()}>
                        <Field
                            label="Id begins with"
                            hint={`At least ${prefixMin} digits, with or without “prog” before them.`}
                            error={
                                /^(p|pr|pro|prog)?[0-9a-f]{0,64}$/.test(typed)
                                    ? null
                                    : 'Ids have the digits 0 to 9 and a to f.'
                            }
                        >
                            {(ids) => (
                                <input
                                    {...ids}
                                    value={typed}
                                    maxLength={68}
                                    onChange={(event) => set('prefix', event.target.value.trim().toLowerCase())}
                                />
                            )}
                        </Field>
                    </Form>
                </Panel>
            </Grid>
            <Panel title="Catalog" flush>
                <Loaded query={query}>
                    {({ pages }) => {
                        const rows = pages.flatMap(({ items }) => items);
                        return rows.length === 0 ? (
                            <Empty
                                title={
                                    prefix === ''
                                        ? 'Your account has deployed no program.'
                                        : 'No program of your account has an id that begins so.'
                                }
                            >
                                {prefix === '' && <p>Drop a .wasm file above, or choose one.</p>}
                            </Empty>
                        ) : (
                            <Table label="Programs" columns={columns} rows={rows} rowKey={({ id }) => id} more={more} />
                        );
                    }}
                </Loaded>
            </Panel>
        </>
    );
}

function Deploy() {
    const [, go] = useLocation();
    const brought = useMutation({
        mutationFn: (file: File) => deploy(file, file.name.replace(/\.wasm$/i, '').slice(0, nameMax)),
        onSuccess: ({ id }) => {
            toast('The program is deployed.');
            go(`/programs/${id}`);
        },
    });
    return (
        <Panel title="Deploy">
            <Drop
                label="A WebAssembly module"
                hint="Drop a .wasm file here, or choose one. The same module again is the same program."
                accept=".wasm,application/wasm"
                onFile={(file) => brought.mutate(file)}
            />
            {brought.isPending && <Loading lines={1} />}
            {brought.isError && <ErrorBox error={brought.error} />}
        </Panel>
    );
}
