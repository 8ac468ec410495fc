using System.Buffers;
using System.Collections.Immutable;
using System.Reflection;
using Marketplace.GrainInterfaces;
using Orleans;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Session;
using Orleans.Serialization.WireProtocol;

namespace Marketplace.Tests.Orleans.Serialization;

/// <summary>
/// Silos of two versions run beside each other while a cluster is upgraded. What a newer one adds is skipped by the older one; what an
/// older one does not send is zero, null or an array that was never made, also where the declaration says not null: so a member that is
/// added later must have a meaning for that.
/// </summary>
public sealed class VersionTests
{
    private const uint LaterId = 100;

    private const BindingFlags Fields = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    /// <summary>Types of which a newer version may have members that this one does not know.</summary>
    public static TheoryData<string> Names =>
        [.. WireTypes.All.Where(known => WireTypes.Generated.Contains(known.Value)).Select(known => known.Key)];

    /// <summary>Without the exceptions, which have members of the framework before their own.</summary>
    public static TheoryData<string> Records =>
        [.. Names.Select(row => row.Data).Where(name => !WireTypes.All[name].IsSubclassOf(typeof(Exception)))];

    [Theory, MemberData(nameof(Names))]
    public void MemberOfALaterVersion_IsSkipped(string name)
    {
        var type = WireTypes.All[name];
        var sent = new WireSamples(Fill.Full).Make(type)!;
        var bytes = Wire.Write(type, sent);

        foreach (var later in LaterMembers())
        {
            var arrived = Wire.Read(type, [.. bytes[..^1], .. later, bytes[^1]]);

            Assert.Null(WireValues.Difference(sent, arrived, name));
        }
    }

    [Theory, MemberData(nameof(Records))]
    public void MemberThatAnEarlierVersionDidNotHave_IsItsDefault(string name)
    {
        var type = WireTypes.All[name];
        var sent = new WireSamples(Fill.Full).Make(type)!;
        var bytes = Wire.Write(type, sent);
        var starts = FieldStarts(bytes);
        var fields = type.GetFields(Fields).OrderBy(IdOf).ToArray();
        Assert.Equal(fields.Length, starts.Count - 1);

        for (var kept = 0; kept < fields.Length; kept++)
        {
            var arrived = Wire.Read(type, [.. bytes[..starts[kept]], bytes[^1]])!;

            foreach (var (index, field) in fields.Index())
            {
                var expected =
                    index < kept ? field.GetValue(sent)
                    : field.FieldType.IsValueType ? Activator.CreateInstance(field.FieldType)
                    : null;
                Assert.Null(WireValues.Difference(expected, field.GetValue(arrived), $"{name} cut after {kept} members: {field.Name}"));
            }
        }
    }

    /// <summary>A text that a skipped member was the first to hold may be meant by a later one: it is written only once.</summary>
    [Fact]
    public void MembersAfterASkippedOne_AreWhatTheyWere()
    {
        var note = new string("the worker gave the lease back");
        var at = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.FromHours(2));
        var sent = ImmutableArray.Create(
            new LaterJobEvent(JobStatus.Pending, at, null, null, note, new GrainInterfaces.JobExplanation(note, [])),
            new LaterJobEvent(JobStatus.Running, at, default(WorkerId), note, note, new GrainInterfaces.JobExplanation(note, []))
        );

        var arrived =
            (ImmutableArray<JobEvent>)Wire.Read(typeof(ImmutableArray<JobEvent>), Wire.Write(typeof(ImmutableArray<LaterJobEvent>), sent))!;

        Assert.Equal([new(JobStatus.Pending, at, null, null), new JobEvent(JobStatus.Running, at, default(WorkerId), note)], arrived);
    }

    private static uint IdOf(FieldInfo field)
    {
        var property =
            field.Name[0] == '<'
                ? field.DeclaringType!.GetProperty(field.Name[1..field.Name.IndexOf('>', StringComparison.Ordinal)])
                : null;
        return ((MemberInfo?)property ?? field).GetCustomAttribute<IdAttribute>()!.Id;
    }

    private static IEnumerable<byte[]> LaterMembers()
    {
        yield return Field((ref Writer<ArrayBufferWriter<byte>> writer) => Int64Codec.WriteField(ref writer, LaterId, long.MinValue));
        yield return Field(
            (ref Writer<ArrayBufferWriter<byte>> writer) => StringCodec.WriteField(ref writer, LaterId, "a text that nobody knows")
        );
        yield return Field((ref Writer<ArrayBufferWriter<byte>> writer) => ReferenceCodec.WriteNullReference(ref writer, LaterId));
        yield return Field(
            (ref Writer<ArrayBufferWriter<byte>> writer) =>
            {
                writer.WriteStartObject(LaterId, typeof(Caller), typeof(Caller));
                StringCodec.WriteField(ref writer, 1, "a text inside");
                writer.WriteStartObject(2, typeof(Caller), typeof(Caller));
                writer.WriteEndObject();
                writer.WriteEndObject();
            }
        );
    }

    private delegate void WriteField(ref Writer<ArrayBufferWriter<byte>> writer);

    private static byte[] Field(WriteField write)
    {
        using var session = Wire.Services.GetRequiredService<SerializerSessionPool>().GetSession();
        var buffer = new ArrayBufferWriter<byte>();
        var writer = Writer.Create(buffer, session);
        write(ref writer);
        writer.Commit();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Where the members of the object at the top begin, and where its end is.</summary>
    private static List<int> FieldStarts(byte[] bytes)
    {
        using var session = Wire.Services.GetRequiredService<SerializerSessionPool>().GetSession();
        var reader = Reader.Create(bytes, session);
        reader.ReadFieldHeader();
        var starts = new List<int>();
        while (true)
        {
            starts.Add((int)reader.Position);
            var header = reader.ReadFieldHeader();
            if (header.IsEndObject)
            {
                return starts;
            }
            // A record has a part before its members, for parameters of the constructor that are no members: it is empty.
            if (header.IsEndBaseFields)
            {
                starts.Clear();
            }
            else
            {
                reader.SkipField(header);
            }
        }
    }
}

/// <summary>A <see cref="JobEvent"/> of a version that does not exist yet.</summary>
[GenerateSerializer, Immutable, Alias("LaterJobEvent")]
public sealed record LaterJobEvent(
    [property: Id(0)] JobStatus Status,
    [property: Id(1)] DateTimeOffset At,
    [property: Id(2)] WorkerId? Worker,
    [property: Id(3)] string? Note,
    [property: Id(4)] string Place,
    [property: Id(5)] GrainInterfaces.JobExplanation Explanation
);
