import { useMutation, useQuery } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import echo from '../../../../../programs/echo/echo.wasm?url';
import { api, ok } from '../../api/client';
import { deploy, requestId } from '../../api/run';
import { Button } from '../../ui/Button';
import { Panel } from '../../ui/Panel';
import { ErrorBox } from '../../ui/States';
import styles from './Overview.module.css';

const input = 'hello marketplace';

/** The sample's limit buys ten million instructions at any price that a local worker asks, and it uses a few thousand. */
const [fuelMax, priceMax] = [10_000_000, '1000'];

/** Deploys the sample, runs it and gives the job's id. */
async function run(): Promise<string> {
    const module = await (await fetch(echo)).blob();
    const program = await deploy(module, 'echo');
    const job = await ok(
        api.POST('/v1/jobs', {
            body: { requestId: requestId(), program: program.id, inputText: input, fuelMax, priceMax },
        }),
    );
    return job.id;
}

/** For an account that has no job yet: what a job is, and a button that runs one. */
export function FirstRun() {
    const { data } = useQuery({
        queryKey: ['jobs', 'any'],
        queryFn: () => ok(api.GET('/v1/jobs', { params: { query: { limit: 1 } } })),
    });
    const [, go] = useLocation();
    const first = useMutation({ mutationFn: run, onSuccess: (id) => go(`/jobs/${id}`) });
    return data === undefined || data.items.length > 0 ? null : (
        <Panel title="Run a first job">
            <div className={styles.first}>
                <p>
                    A job is a WebAssembly program, an input and a price limit. This sample, <code>echo</code>, answers
                    with its input in capital letters: <code>{input}</code>.
                </p>
                <Button kind="main" busy={first.isPending} onClick={() => first.mutate()}>
                    Run the sample
                </Button>
                {first.isError && <ErrorBox error={first.error} />}
            </div>
        </Panel>
    );
}
