import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from 'wouter';
import { api, ok, type Schemas } from '../../api/client';
import { count } from '../../text/numbers';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Facts, Grid, PageHead, Panel } from '../../ui/Panel';
import { Loaded } from '../../ui/States';
import { Untrusted } from '../../ui/Text';
import { Ago, Id } from '../../ui/Values';
import { Fuel } from './Fuel';
import { Jobs } from './Jobs';
import { Remove } from './Remove';
import { State } from './State';
import { Versions } from './Versions';
import styles from './Program.module.css';

/** Links of the palette have the digits alone. */
const idOf = (text: string) => (text.startsWith('prog') ? text : `prog${text}`);

export default function ProgramPage({ params }: { params: Record<string, string | undefined> }) {
    const id = idOf(params.id ?? '');
    const query = useQuery({
        queryKey: ['program', id],
        queryFn: () => ok(api.GET('/v1/programs/{program}', { params: { path: { program: id } } })),
        staleTime: 60_000,
    });
    return <Loaded query={query}>{(program) => <Shown key={program.id} program={program} />}</Loaded>;
}

function Shown({ program }: { program: Schemas['DeployedProgram'] }) {
    const [, go] = useLocation();
    return (
        <>
            <PageHead
                title={<Untrusted text={program.name} max={128} />}
                about={<Id value={program.id} length={20} />}
                actions={
                    <>
                        <Button kind="main" onClick={() => go(`/jobs/new?program=${program.id}`)}>
                            Run it
                        </Button>
                        <Remove program={program} />
                    </>
                }
            />
            <Grid wide>
                <Panel title="Manifest">
                    <Facts facts={factsOf(program)} />
                </Panel>
                <div className={styles.column}>
                    <Jobs program={program.id} />
                    <Versions program={program} />
                </div>
            </Grid>
            <Fuel program={program.id} />
            {program.usesState && <State program={program.id} />}
        </>
    );
}

const Words = ({ words }: { words: string[] }) =>
    words.length === 0 ? (
        'none'
    ) : (
        <ul className={styles.words}>
            {words.map((word) => (
                <li key={word}>
                    <code>
                        <Untrusted text={word} max={200} />
                    </code>
                </li>
            ))}
        </ul>
    );

const factsOf = (program: Schemas['DeployedProgram']): [string, React.ReactNode][] => [
    ['Name', <Untrusted key="" text={program.name} max={128} />],
    ['Module', <Id key="" value={program.module} length={14} />],
    ['Size', `${count(program.moduleSize)} bytes`],
    ['Deployed', <Ago key="" at={program.deployedAt} />],
    ['By', <Id key="" value={program.deployer} />],
    ['Interface', <Untrusted key="" text={program.abi} />],
    ['Entry points', <Words key="" words={program.entryPoints} />],
    ['Imports', <Words key="" words={program.imports} />],
    [
        'Same input, same result',
        program.deterministic ? (
            <Badge key="" tone="good">
                always
            </Badge>
        ) : (
            <span key="">
                <Badge tone="warn">not always</Badge> <Untrusted text={program.nondeterminism ?? ''} max={600} />
            </span>
        ),
    ],
    ['State', program.usesState ? 'It keeps state between its jobs, which run one at a time.' : 'It keeps none.'],
    [
        'History',
        <Link key="" href={`/jobs?program=${program.id}`}>
            All its jobs
        </Link>,
    ],
];
