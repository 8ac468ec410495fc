using System.Reflection;
using Orleans.Serialization;

namespace Marketplace.Tests.Orleans.Serialization;

/// <summary>The serializer and the copier of Orleans, set up as a silo sets them up.</summary>
internal static class Wire
{
    public static ServiceProvider Services { get; } = new ServiceCollection().AddSerializer().BuildServiceProvider();

    /// <summary>As a member or an argument of exactly this type.</summary>
    public static byte[] Write(Type type, object? value) => Call<byte[]>(nameof(WriteAs), type, value);

    public static object? Read(Type type, byte[] bytes) => Call<object?>(nameof(ReadAs), type, bytes);

    public static object? Copy(Type type, object? value) => Call<object?>(nameof(CopyAs), type, value);

    /// <summary>As something whose type the reader does not expect, so that its name is sent as well.</summary>
    public static object? Untyped(object value)
    {
        var serializer = Services.GetRequiredService<Serializer<object>>();
        return serializer.Deserialize(serializer.SerializeToArray(value));
    }

    private static byte[] WriteAs<T>(T value) => Services.GetRequiredService<Serializer<T>>().SerializeToArray(value);

    private static object? ReadAs<T>(byte[] bytes) => Services.GetRequiredService<Serializer<T>>().Deserialize(bytes);

    private static object? CopyAs<T>(T value) => Services.GetRequiredService<DeepCopier<T>>().Copy(value);

    private static TResult Call<TResult>(string method, Type type, object? argument) =>
        (TResult)
            typeof(Wire)
                .GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(type)
                .Invoke(null, BindingFlags.DoNotWrapExceptions, null, [argument], null)!;
}
