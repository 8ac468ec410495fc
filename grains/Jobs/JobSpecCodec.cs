using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The canonical bytes of a spec: part of the job's document, and what the spec's hash is taken of.</summary>
internal static class JobSpecCodec
{
    private static readonly Blake3Domain HashDomain = new("marketplace 2026 job spec v1");

    // This byte was a flag before there were files and environments: a spec without them has the same bytes and the same hash as then.
    private const byte HasBlob = 1;
    private const byte HasMore = 2;
    private const byte HasNeeds = 4;
    private const byte HasPriority = 8;
    private const byte HasAuction = 16;
    private const byte HasGroup = 32;
    private const byte HasAssurance = 64;

    /// <summary>A second byte of parts follows the first.</summary>
    private const byte HasSecondParts = 128;
    private const byte HasReuse = 1;

    public static Bytes32 Hash(JobSpec spec)
    {
        var writer = CompactWriter.Rent();
        Write(writer, spec);
        var hash = HashDomain.Hash(writer.Written);
        writer.Return();
        return hash;
    }

    public static void Write(CompactWriter writer, JobSpec spec)
    {
        writer.Id(spec.Program.Value);
        writer.OptionalText(spec.EntryPoint);
        writer.Bytes(spec.Input.Span);
        var hasMore = !spec.Files.IsDefaultOrEmpty || !spec.Environment.IsDefaultOrEmpty;
        var hasPriority = spec.Priority > 1;
        var hasAuction = spec.Auction > TimeSpan.Zero;
        var parts = (spec.InputBlob is null ? 0 : HasBlob) | (hasMore ? HasMore : 0);
        parts |= (spec.Needs is null ? 0 : HasNeeds) | (hasPriority ? HasPriority : 0) | (hasAuction ? HasAuction : 0);
        parts |= (spec.Group is null ? 0 : HasGroup) | (spec.Assurance.IsNone ? 0 : HasAssurance);
        parts |= spec.Reuse ? HasSecondParts : 0;
        writer.Byte((byte)parts);
        if (spec.Reuse)
        {
            writer.Byte(HasReuse);
        }
        if (spec.InputBlob is { } blob)
        {
            writer.Id(blob.Value);
        }
        if (hasMore)
        {
            WriteMore(writer, spec);
        }
        if (spec.Needs is { } needs)
        {
            JobNeedsCodec.Write(writer, needs);
        }
        if (hasPriority)
        {
            writer.Count(spec.Priority);
        }
        if (hasAuction)
        {
            writer.Span(spec.Auction);
        }
        if (spec.Group is { } group)
        {
            writer.Text(group.Name);
            writer.Byte((byte)group.Spread);
        }
        if (!spec.Assurance.IsNone)
        {
            writer.Text(spec.Assurance.ToString());
        }
        writer.Count(spec.Arguments.Length);
        foreach (var argument in spec.Arguments)
        {
            writer.Text(argument);
        }
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
        var parts = reader.Byte();
        if ((parts & HasSecondParts) != 0 && reader.Byte() is var second and not HasReuse)
        {
            throw new InvalidDataException($"A spec has the second parts {second}, which no version of this code writes.");
        }
        BlobId? inputBlob = (parts & HasBlob) != 0 ? new BlobId(reader.Id()) : null;
        var (files, environment) = (parts & HasMore) != 0 ? ReadMore(ref reader) : ([], []);
        var needs = (parts & HasNeeds) != 0 ? JobNeedsCodec.Read(ref reader) : null;
        var priority = (parts & HasPriority) != 0 ? reader.Count() : 0;
        var auction = (parts & HasAuction) != 0 ? reader.Span() : default;
        var group = (parts & HasGroup) != 0 ? new JobGroupTerms(reader.Text(), (GroupSpread)reader.Byte()) : null;
        var assurance = (parts & HasAssurance) != 0 ? ReadAssurance(ref reader) : Assurance.None;
        var arguments = new string[reader.Items()];
        for (var index = 0; index < arguments.Length; index++)
        {
            arguments[index] = reader.Text();
        }
        return new JobSpec(
            Program: program,
            EntryPoint: entryPoint,
            Input: input,
            InputBlob: inputBlob,
            Arguments: ImmutableArray.Create(arguments),
            FuelMax: reader.Signed(),
            MemoryPagesMax: reader.Count(),
            TimeMax: reader.Span(),
            PriceMax: reader.Amount(),
            RetriesMax: reader.Count(),
            ExpiresAfter: reader.Span(),
            Files: files,
            Environment: environment,
            Needs: needs,
            Priority: priority,
            Auction: auction,
            Group: group,
            Assurance: assurance,
            Reuse: (parts & HasSecondParts) != 0
        );
    }

    private static Assurance ReadAssurance(ref CompactReader reader) =>
        Assurance.TryParse(reader.Text(), out var assurance, out var refusal) && !assurance.IsNone
            ? assurance
            : throw new InvalidDataException($"A spec has an assurance that no version of this code writes. {refusal}");

    /// <summary>Files and environment.</summary>
    public static void WriteMore(CompactWriter writer, JobSpec spec)
    {
        var files = spec.Files.IsDefault ? [] : spec.Files;
        writer.Count(files.Length);
        foreach (var file in files)
        {
            writer.Text(file.Name);
            writer.Id(file.Blob.Value);
        }

        var environment = spec.Environment.IsDefault ? [] : spec.Environment;
        writer.Count(environment.Length);
        foreach (var variable in environment)
        {
            writer.Text(variable.Name);
            writer.Text(variable.Value);
        }
    }

    private static (ImmutableArray<InputFile> Files, ImmutableArray<EnvironmentVariable> Environment) ReadMore(ref CompactReader reader)
    {
        var files = new InputFile[reader.Items(itemSizeMin: 33)];
        for (var index = 0; index < files.Length; index++)
        {
            files[index] = new InputFile(reader.Text(), new BlobId(reader.Id()));
        }
        var environment = new EnvironmentVariable[reader.Items(itemSizeMin: 2)];
        for (var index = 0; index < environment.Length; index++)
        {
            environment[index] = new EnvironmentVariable(reader.Text(), reader.Text());
        }
        return (ImmutableArray.Create(files), ImmutableArray.Create(environment));
    }
}
