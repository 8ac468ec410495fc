using System.Collections.Immutable;
using System.Reflection;

namespace Marketplace.Tests.Orleans.Serialization;

/// <summary>How much a sample has in it.</summary>
internal enum Fill
{
    /// <summary>What nobody set: zero ids, no optionals, empty texts, arrays that were never made.</summary>
    Nothing = 0,

    /// <summary>Empty arrays and bytes that were made, texts of one character.</summary>
    Empty = 1,

    /// <summary>Ordinary values, every optional there, arrays of three.</summary>
    Full = 2,

    /// <summary>The smallest values: negative numbers, the earliest time, the largest offset west.</summary>
    Lowest = 3,

    /// <summary>The largest values: ids of all ones, 2^128 - 1, long texts beyond ASCII, 20,000 bytes, arrays of twenty.</summary>
    Highest = 4,
}

/// <summary>Makes values of any wire type through its constructor, as the product does. The same seed gives the same values.</summary>
internal sealed class WireSamples(Fill fill, int seed = 1)
{
    private const int DepthMax = 6;
    private readonly Random _random = new(seed);

    public object? Make(Type type, int depth = 0)
    {
        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return fill is Fill.Nothing or Fill.Empty ? null : Make(value, depth);
        }
        if (Primitive(type) is { } primitive)
        {
            return primitive;
        }
        if (type.IsEnum)
        {
            return Enum(type);
        }
        if (type == typeof(Bytes32))
        {
            return new Bytes32(Bytes(Bytes32.Size, fill == Fill.Highest ? (byte)0xFF : (byte)0));
        }
        if (type == typeof(EvmAddress))
        {
            return new EvmAddress(Bytes(EvmAddress.Size, fill == Fill.Highest ? (byte)0xFF : (byte)0));
        }
        if (type == typeof(ReadOnlyMemory<byte>))
        {
            return Memory();
        }
        if (type == typeof(Assurance))
        {
            return Pick(
                Assurance.None,
                Assurance.Audit(Assurance.PermilleMin),
                Assurance.Quorum(agreeing: 2, seats: 3),
                Assurance.None,
                Assurance.Committee(Assurance.CommitteeSeatsMax)
            );
        }
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>))
        {
            return Array(type.GetGenericArguments()[0], depth);
        }
        return Composite(type, depth);
    }

    private object? Primitive(Type type) =>
        type switch
        {
            _ when type == typeof(string) => Text(),
            _ when type == typeof(bool) => fill is Fill.Full or Fill.Highest,
            _ when type == typeof(byte) => (byte)Pick(0, 1, _random.Next(1, byte.MaxValue), byte.MinValue, byte.MaxValue),
            _ when type == typeof(int) => Pick(0, 1, _random.Next(1, int.MaxValue), int.MinValue, int.MaxValue),
            _ when type == typeof(long) => Pick(0L, 1L, _random.NextInt64(1, long.MaxValue), long.MinValue, long.MaxValue),
            _ when type == typeof(uint) => Pick(0U, 1U, (uint)_random.NextInt64(1, uint.MaxValue), 0U, uint.MaxValue),
            _ when type == typeof(ulong) => Pick(0UL, 1UL, (ulong)_random.NextInt64(1, long.MaxValue), 0UL, ulong.MaxValue),
            _ when type == typeof(UInt128) => Pick(
                UInt128.Zero,
                UInt128.One,
                new UInt128((ulong)_random.NextInt64(), (ulong)_random.NextInt64()),
                UInt128.Zero,
                UInt128.MaxValue
            ),
            _ when type == typeof(TimeSpan) => Pick(
                TimeSpan.Zero,
                TimeSpan.FromTicks(1),
                TimeSpan.FromTicks(_random.NextInt64(1, long.MaxValue)),
                TimeSpan.MinValue,
                TimeSpan.MaxValue
            ),
            _ when type == typeof(DateTimeOffset) => Pick(
                default,
                DateTimeOffset.UnixEpoch,
                new DateTimeOffset(2026, 2, 28, 23, 59, 59, 999, TimeSpan.FromMinutes(345)),
                new DateTimeOffset(DateTime.MinValue, TimeSpan.Zero).ToOffset(TimeSpan.FromHours(14)),
                new DateTimeOffset(DateTime.MaxValue, TimeSpan.Zero).ToOffset(TimeSpan.FromHours(-14))
            ),
            _ => null,
        };

    private T Pick<T>(T nothing, T empty, T full, T lowest, T highest) =>
        fill switch
        {
            Fill.Nothing => nothing,
            Fill.Empty => empty,
            Fill.Full => full,
            Fill.Lowest => lowest,
            _ => highest,
        };

    private string Text() => Pick("", "x", $"text {_random.Next()}", "\0", string.Concat(Enumerable.Repeat("§ 𝄞 日本 \n", 500)));

    private object Enum(Type type)
    {
        var values = System.Enum.GetValues(type);
        return Pick(
            System.Enum.ToObject(type, 0),
            values.GetValue(0)!,
            values.GetValue(_random.Next(1, values.Length))!,
            System.Enum.ToObject(type, int.MinValue),
            System.Enum.ToObject(type, int.MaxValue)
        );
    }

    private ReadOnlyMemory<byte> Memory() =>
        Pick<ReadOnlyMemory<byte>>(default, System.Array.Empty<byte>(), Bytes(17, 0).AsMemory(3, 11), Bytes(1, 0), Bytes(20_000, 0));

    private byte[] Bytes(int count, byte fixedValue)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        if (fill is Fill.Nothing or Fill.Empty || fixedValue != 0)
        {
            System.Array.Fill(bytes, fixedValue);
        }
        return bytes;
    }

    private object Array(Type element, int depth)
    {
        var count = Pick(0, 0, 3, 1, depth == 0 ? 20 : 2);
        if (depth > DepthMax)
        {
            count = 0;
        }
        var items = System.Array.CreateInstance(element, count);
        for (var index = 0; index < count; index++)
        {
            items.SetValue(Make(element, depth + 1), index);
        }
        return fill == Fill.Nothing
            ? Activator.CreateInstance(typeof(ImmutableArray<>).MakeGenericType(element))!
            : typeof(ImmutableArray)
                .GetMethods()
                .Single(method =>
                    method.Name == nameof(ImmutableArray.Create) && method.GetParameters() is [{ ParameterType.IsArray: true }]
                )
                .MakeGenericMethod(element)
                .Invoke(null, [items])!;
    }

    /// <summary>Through the constructor with the most parameters; surrogates, which have none, through their fields.</summary>
    private object Composite(Type type, int depth)
    {
        var constructor = type.GetConstructors().OrderByDescending(known => known.GetParameters().Length).FirstOrDefault();
        if (constructor?.GetParameters() is { } parameters)
        {
            var record = constructor!.Invoke([.. parameters.Select(parameter => Argument(parameter, depth))]);
            var rest = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(property => property.SetMethod is not null && !parameters.Any(parameter => parameter.Name == property.Name));
            foreach (var property in rest)
            {
                property.SetValue(record, Member(property, depth));
            }
            return record;
        }
        var made = Activator.CreateInstance(type)!;
        foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Instance))
        {
            field.SetValue(made, Make(field.FieldType, depth + 1));
        }
        return made;
    }

    private object? Argument(ParameterInfo parameter, int depth) =>
        Made(parameter.ParameterType, new NullabilityInfoContext().Create(parameter), depth);

    private object? Member(PropertyInfo property, int depth) =>
        Made(property.PropertyType, new NullabilityInfoContext().Create(property), depth);

    private object? Made(Type type, NullabilityInfo nullability, int depth) =>
        nullability.WriteState == NullabilityState.Nullable && fill is (Fill.Nothing or Fill.Empty) ? null : Make(type, depth + 1);
}
