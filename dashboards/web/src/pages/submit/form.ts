import type { Schemas } from '../../api/client';
import { api, bytes, ok } from '../../api/client';
import { requestId, upload } from '../../api/run';
import { textOf } from '../job/content';

export type Program = Schemas['DeployedProgram'];

export interface Draft {
    program: Program | null;
    inputText: string;
    inputFile: File | null;
    fuel: string;
    assurance: string;
    /** Base units; empty: what the quote of the assurance says. */
    priceMax: string;
    reuse: boolean;
}

/** What a program gets that says nothing: enough for interpreters of other languages, as the command line gives. */
export const fuelChosen = '1000000000';

export const emptyDraft: Draft = {
    program: null,
    inputText: '',
    inputFile: null,
    fuel: fuelChosen,
    assurance: 'none',
    priceMax: '',
    reuse: false,
};

const inlineMax = 16 * 1024;

/** A program that a link chose. */
export const draftFor = async (id: string): Promise<Draft> => ({
    ...emptyDraft,
    program: await ok(api.GET('/v1/programs/{program}', { params: { path: { program: id } } })),
});

/** The job that ran before, with its input, to run again. */
export async function draftOf(id: string): Promise<Draft> {
    const job = await ok(api.GET('/v1/jobs/{job}', { params: { path: { job: id } } }));
    const [program, input] = await Promise.all([
        ok(api.GET('/v1/programs/{program}', { params: { path: { program: job.program } } })),
        bytes(`/v1/jobs/${id}/input`),
    ]);
    const text = input.size <= inlineMax ? textOf(input.bytes) : null;
    return {
        ...emptyDraft,
        program,
        inputText: text ?? '',
        inputFile: text === null ? new File([input.bytes], 'the same input') : null,
        fuel: `${job.fuelMax}`,
        assurance: job.assurance ?? 'none',
        priceMax: job.priceMax,
    };
}

export const fuelOf = (text: string): number | null => {
    const fuel = Number(text.replace(/[,_ ]/g, ''));
    return Number.isSafeInteger(fuel) && fuel > 0 ? fuel : null;
};

/** Submits, and gives the job's id. */
export async function submit(draft: Draft, program: Program, priceMax: string): Promise<string> {
    const { inputFile, inputText } = draft;
    const input =
        inputFile !== null
            ? { inputBlob: (await upload(inputFile)).id }
            : new TextEncoder().encode(inputText).length > inlineMax
              ? { inputBlob: (await upload(new Blob([inputText]))).id }
              : { inputText };
    const job = await ok(
        api.POST('/v1/jobs', {
            body: {
                requestId: requestId(),
                program: program.id,
                priceMax,
                fuelMax: fuelOf(draft.fuel) ?? Number(fuelChosen),
                assurance: draft.assurance,
                ...(draft.reuse ? { reuse: true } : {}),
                ...input,
            },
        }),
    );
    return job.id;
}
