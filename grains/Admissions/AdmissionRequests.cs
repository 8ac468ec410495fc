using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Who asks to be let in.</summary>
/// <param name="Waiting">In the order in which they asked first; no worker is there twice.</param>
internal sealed record AdmissionRequests(ImmutableArray<AdmissionFacts> Waiting)
{
    /// <summary>The name of the state.</summary>
    public const string Kind = "admission-requests";

    private const byte Format = 1;

    /// <summary>Worker, account, price, counts, two flags, an empty address, two moments.</summary>
    private const int FactsSizeMin = Bytes32.Size + Bytes32.Size + 7;

    public static AdmissionRequests None { get; } = new([]);

    public AdmissionFacts? Find(WorkerId worker) => Waiting.FirstOrDefault(facts => facts.Worker == worker);

    public AdmissionRequests Without(WorkerId worker) => new(Waiting.RemoveAll(facts => facts.Worker == worker));

    public static ReadOnlyMemory<byte> Write(AdmissionRequests state)
    {
        var writer = new CompactWriter(1024);
        writer.Byte(Format);
        writer.Count(state.Waiting.Length);
        foreach (var facts in state.Waiting)
        {
            writer.Id(facts.Worker.Value);
            writer.Id(facts.PayTo.Value);
            writer.Amount(facts.PricePerMillionFuel);
            writer.Count(facts.Slots);
            writer.Count(facts.MemoryPagesMax);
            writer.Flag(facts.Region is not null);
            if (facts.Region is { } region)
            {
                writer.Text(region);
            }
            writer.Flag(facts.HasCommitteeKey);
            writer.Text(facts.Address);
            writer.Time(facts.FirstAt);
            writer.Time(facts.LastAt);
            writer.Signed(facts.Times);
        }
        return writer.Finish();
    }

    public static AdmissionRequests Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "The requests for admission");
        var waiting = new AdmissionFacts[reader.Items(FactsSizeMin)];
        for (var index = 0; index < waiting.Length; index++)
        {
            waiting[index] = new AdmissionFacts(
                Worker: new WorkerId(reader.Id()),
                PayTo: new AccountId(reader.Id()),
                PricePerMillionFuel: reader.Amount(),
                Slots: reader.Count(),
                MemoryPagesMax: reader.Count(),
                Region: reader.Flag() ? reader.Text() : null,
                HasCommitteeKey: reader.Flag(),
                Address: reader.Text(),
                FirstAt: reader.Time(),
                LastAt: reader.Time(),
                Times: reader.Signed()
            );
        }
        reader.End();
        return new AdmissionRequests(ImmutableArray.Create(waiting));
    }
}
