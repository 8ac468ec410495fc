// Runs a program of strangers in a thread of its own, which the page ends when it is told to. The silo serves this file alone with a policy
// that lets it compile WebAssembly, and that lets it load nothing and reach nothing else: gateway/Web/WebPagesApi.cs.
import type { Invocation } from './host';
import { run } from './run';

addEventListener('message', ({ data }: MessageEvent<Invocation>) => {
    void run(data)
        .then((ended) => postMessage(ended))
        .catch(reportError);
});
