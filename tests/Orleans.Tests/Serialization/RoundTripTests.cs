using System.Reflection;
using Marketplace.GrainInterfaces;
using Orleans.Serialization;
using Orleans.Serialization.Invocation;

namespace Marketplace.Tests.Orleans.Serialization;

/// <summary>Whatever is sent arrives as it was, whatever is in it.</summary>
public sealed class RoundTripTests
{
    public static TheoryData<string> Names => WireTypes.Names;

    public static TheoryData<string> Exceptions => [.. WireTypes.Exceptions.Select(type => type.Name)];

    [Theory, MemberData(nameof(Names))]
    public void Value_ArrivesAsItWasSent(string name)
    {
        var type = WireTypes.All[name];
        foreach (var fill in Enum.GetValues<Fill>())
        {
            var sent = new WireSamples(fill).Make(type);

            Assert.Null(WireValues.Difference(sent, Wire.Read(type, Wire.Write(type, sent)), $"{name} ({fill})"));
            // An enum alone has no name on the wire; it travels only where its type is known.
            if (sent is not (null or Enum))
            {
                Assert.Null(WireValues.Difference(sent, Wire.Untyped(sent), $"{name} ({fill}, untyped)"));
            }
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Copy_IsTheValue(string name)
    {
        var type = WireTypes.All[name];
        foreach (var fill in Enum.GetValues<Fill>())
        {
            var value = new WireSamples(fill).Make(type);

            Assert.Null(WireValues.Difference(value, Wire.Copy(type, value), $"{name} ({fill})"));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Result_ArrivesInItsResponse(string name)
    {
        var type = WireTypes.All[name];
        foreach (var fill in Enum.GetValues<Fill>())
        {
            var sent = new WireSamples(fill).Make(type);
            var response = (Response)typeof(Response).GetMethod(nameof(Response.FromResult))!.MakeGenericMethod(type).Invoke(null, [sent])!;

            var arrived = (Response)Wire.Untyped(response)!;

            Assert.Null(WireValues.Difference(sent, arrived.Result, $"{name} ({fill})"));
        }
    }

    /// <summary>A sample that leaves a member at its default would not notice that the member is not sent.</summary>
    [Theory, MemberData(nameof(Names))]
    public void FullSample_SetsEveryMember(string name)
    {
        var sample = new WireSamples(Fill.Full).Make(WireTypes.All[name])!;
        if (!WireTypes.Generated.Contains(sample.GetType()))
        {
            return;
        }
        foreach (
            var field in sample
                .GetType()
                .GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        )
        {
            var unset = field.FieldType.IsValueType ? Activator.CreateInstance(field.FieldType) : null;
            Assert.True(WireValues.Difference(unset, field.GetValue(sample)) is not null, $"{name}.{field.Name}");
        }
    }

    [Theory, MemberData(nameof(Exceptions))]
    public void Exception_ArrivesWithTypeMessageFieldsAndTrace(string name)
    {
        var type = WireTypes.Exceptions.Single(known => known.Name == name);
        foreach (var fill in Enum.GetValues<Fill>())
        {
            var sent = Thrown((Exception)new WireSamples(fill).Make(type)!);

            var arrived = ((Response)Wire.Untyped(Response.FromException(sent))!).Exception!;

            Assert.Null(WireValues.Difference(sent, arrived, $"{name} ({fill})"));
            Assert.Contains(nameof(Thrown), arrived.StackTrace, StringComparison.Ordinal);
        }
    }

    /// <summary>A refusal may come wrapped, and may wrap another.</summary>
    [Fact]
    public void ExceptionInsideOfAnother_KeepsItsFields()
    {
        var inner = new MarketException(ErrorCode.QuotaExceeded, "full");
        var sent = new AggregateException("both", new InvalidOperationException("outer", inner), inner);

        var arrived = Assert.IsType<AggregateException>(((Response)Wire.Untyped(Response.FromException(sent))!).Exception);

        Assert.Equal(ErrorCode.QuotaExceeded, Assert.IsType<MarketException>(arrived.InnerExceptions[0].InnerException).Code);
        Assert.Equal(ErrorCode.QuotaExceeded, Assert.IsType<MarketException>(arrived.InnerExceptions[1]).Code);
    }

    /// <summary>
    /// What grains throw besides refusals: their own bugs and damaged data. The type is kept, so that the caller's log says what it was.
    /// </summary>
    [Theory]
    [InlineData(typeof(InvalidOperationException)), InlineData(typeof(InvalidDataException)), InlineData(typeof(ArgumentException))]
    [InlineData(typeof(ArgumentOutOfRangeException)), InlineData(typeof(OperationCanceledException)), InlineData(typeof(TimeoutException))]
    public void ExceptionOfTheFramework_ArrivesAsItself(Type type)
    {
        var sent = (Exception)Activator.CreateInstance(type, "what happened")!;

        var arrived = ((Response)Wire.Untyped(Response.FromException(sent))!).Exception!;

        Assert.Equal(type, arrived.GetType());
        Assert.Equal(sent.Message, arrived.Message);
    }

    private static Exception Thrown(Exception failure)
    {
        try
        {
            throw failure;
        }
        catch (Exception caught)
        {
            return caught;
        }
    }
}
