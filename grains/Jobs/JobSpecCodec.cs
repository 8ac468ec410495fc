using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.Grains.Codecs;

namespace Marketplace.Grains;

/// <summary>The canonical bytes of a spec: part of the job's document, and what the spec's hash is taken of.</summary>
internal static class JobSpecCodec
{
    private static readonly Blake3Domain HashDomain = new("marketplace 2026 job spec v1");

    public static Bytes32 Hash(JobSpec spec)
    {
        var writer = new CompactWriter(256 + spec.Input.Length);
        Write(writer, spec);
        return HashDomain.Hash(writer.Written);
    }

    public static void Write(CompactWriter writer, JobSpec spec)
    {
        writer.Id(spec.Program.Value);
        writer.OptionalText(spec.EntryPoint);
        writer.Bytes(spec.Input.Span);
        writer.OptionalId(spec.InputBlob?.Value);
        writer.Count(spec.Arguments.Length);
        foreach (var argument in spec.Arguments)
            writer.Text(argument);
        writer.Signed(spec.FuelMax);
        writer.Count(spec.MemoryPagesMax);
        writer.Span(spec.TimeMax);
        writer.Amount(spec.PriceMax);
        writer.Count(spec.RetriesMax);
        writer.Span(spec.ExpiresAfter);
    }

    public static JobSpec Read(ref CompactReader reader)
    {
        var program = new ProgramId(reader.Id());
        var entryPoint = reader.OptionalText();
        var input = reader.Memory();
        BlobId? inputBlob = reader.OptionalId() is { } blob ? new BlobId(blob) : null;
        var arguments = new string[reader.Items()];
        for (var index = 0; index < arguments.Length; index++)
            arguments[index] = reader.Text();
        return new JobSpec(
            program, entryPoint, input, inputBlob, ImmutableArray.Create(arguments), reader.Signed(), reader.Count(), reader.Span(), reader.Amount(),
            reader.Count(), reader.Span());
    }
}
