using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The stored form of what proves a run.</summary>
internal static class RunProofCodec
{
    public static void Write(CompactWriter writer, RunProof proof)
    {
        writer.Count((int)proof.Outcome);
        writer.OptionalId(proof.RootBefore?.Value);
        writer.OptionalId(proof.Writes.IsZero ? null : proof.Writes);
        writer.Id(proof.Signed.Profile);
        writer.OptionalId(proof.Signed.RootAfter?.Value);
        writer.Bytes(proof.Signed.Signature.Span);
        writer.Number(proof.Signed.LeftSides);
        writer.Count(proof.Signed.Path.Length);
        foreach (var neighbour in proof.Signed.Path)
        {
            writer.Id(neighbour);
        }
        writer.Flag(proof.Refused is not null);
        if (proof.Refused is { } refused)
        {
            RunCodec.WriteOutput(writer, new JobOutput(default, refused.Content, 0, refused.Files));
        }
    }

    public static RunProof Read(ref CompactReader reader)
    {
        var outcome = (RunOutcome)reader.Count();
        StateRoot? before = reader.OptionalId() is { } rootBefore ? new StateRoot(rootBefore) : null;
        var writes = reader.OptionalId() ?? default;
        var profile = reader.Id();
        StateRoot? after = reader.OptionalId() is { } rootAfter ? new StateRoot(rootAfter) : null;
        var signature = reader.Memory();
        var leftSides = reader.Number();
        if (!Enum.IsDefined(outcome) || signature.Length != Ed25519.SignatureSize || leftSides > uint.MaxValue)
        {
            throw new InvalidDataException(
                $"A run's proof has the outcome {outcome}, a signature of {signature.Length} bytes and the sides {leftSides}, which no "
                    + "version of this code writes."
            );
        }
        var path = new Bytes32[reader.Items(Bytes32.Size)];
        for (var step = 0; step < path.Length; step++)
        {
            path[step] = reader.Id();
        }
        var refused = reader.Flag() ? RunCodec.ReadOutput(ref reader) : (JobOutput?)null;
        return new RunProof(
            Outcome: outcome,
            RootBefore: before,
            Writes: writes,
            Signed: new RunSignature(profile, after, signature, ImmutableArray.Create(path), (uint)leftSides),
            Refused: refused is { } output ? new RefusedOutput(output.Blob ?? default, output.Files) : null
        );
    }
}
