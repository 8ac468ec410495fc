import { useQuery } from '@tanstack/react-query';
import { api, ok, type Schemas } from '../../api/client';
import { bytesText, count } from '../../text/numbers';
import { Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Ago, Id } from '../../ui/Values';
import styles from './Program.module.css';

type Program = Schemas['DeployedProgram'];

/** The list is looked through as far as one page goes. */
const lookedMax = 1000;

const columns: Column<Program>[] = [
    { title: 'Id', cell: ({ id }) => <Id value={id} href={`/programs/${id}`} length={12} /> },
    { title: 'Module', cell: ({ moduleSize }) => bytesText(moduleSize), end: true },
    { title: 'Deployed', cell: ({ deployedAt }) => <Ago at={deployedAt} /> },
];

/** A deployed program never changes: another version is another program of the same name. */
export function Versions({ program }: { program: Program }) {
    const query = useQuery({
        queryKey: ['programs', 'versions'],
        queryFn: () => ok(api.GET('/v1/programs', { params: { query: { limit: lookedMax } } })),
        staleTime: 10_000,
    });
    return (
        <Panel title="Other versions" flush>
            <Loaded query={query}>
                {({ items, next }) => {
                    const versions = items.filter(({ id, name }) => name === program.name && id !== program.id);
                    return (
                        <>
                            {versions.length === 0 ? (
                                <Empty title="Your account has no other program of this name.">
                                    {next !== undefined && <p>Its newest {count(lookedMax)} were looked through.</p>}
                                </Empty>
                            ) : (
                                <Table
                                    label="Rows of other versions"
                                    columns={columns}
                                    rows={versions}
                                    rowKey={({ id }) => id}
                                />
                            )}
                            {versions.length > 0 && next !== undefined && (
                                <p className={styles.quiet}>Among the newest {count(lookedMax)} programs.</p>
                            )}
                        </>
                    );
                }}
            </Loaded>
        </Panel>
    );
}
