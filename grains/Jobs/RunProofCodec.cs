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
        WriteSignature(writer, proof.Signed);
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
        if (!Enum.IsDefined(outcome))
        {
            throw new InvalidDataException($"A run's proof has the outcome {outcome}, which no version of this code writes.");
        }
        var signed = ReadSignature(ref reader);
        var refused = reader.Flag() ? RunCodec.ReadOutput(ref reader) : (JobOutput?)null;
        return new RunProof(
            Outcome: outcome,
            RootBefore: before,
            Writes: writes,
            Signed: signed,
            Refused: refused is { } output ? new RefusedOutput(output.Blob ?? default, output.Files) : null
        );
    }

    public static void WriteSignature(CompactWriter writer, RunSignature signed)
    {
        writer.Id(signed.Profile);
        writer.OptionalId(signed.RootAfter?.Value);
        writer.Bytes(signed.Signature.Span);
        writer.Number(signed.LeftSides);
        writer.Count(signed.Path.Length);
        foreach (var neighbour in signed.Path)
        {
            writer.Id(neighbour);
        }
    }

    public static RunSignature ReadSignature(ref CompactReader reader)
    {
        var profile = reader.Id();
        StateRoot? after = reader.OptionalId() is { } rootAfter ? new StateRoot(rootAfter) : null;
        var signature = reader.Memory();
        var leftSides = reader.Number();
        if (signature.Length != Ed25519.SignatureSize || leftSides > uint.MaxValue)
        {
            throw new InvalidDataException(
                $"A run's proof has a signature of {signature.Length} bytes and the sides {leftSides}, which no version of this code "
                    + "writes."
            );
        }
        var path = new Bytes32[reader.Items(Bytes32.Size)];
        for (var step = 0; step < path.Length; step++)
        {
            path[step] = reader.Id();
        }
        return new RunSignature(profile, after, signature, ImmutableArray.Create(path), (uint)leftSides);
    }
}
