using System.Reflection;

namespace Marketplace.Testing;

/// <summary>Says that a test stands exactly at a bound, where all is well, and one beyond it, where it is not.</summary>
/// <param name="policy">The class of the bound.</param>
/// <param name="number">Its public field or property.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class TestsBoundAttribute(Type policy, string number) : Attribute
{
    private static readonly Type[] Numbers = [typeof(int), typeof(long), typeof(TimeSpan), typeof(TimeSpan?), typeof(TokenAmount)];

    /// <summary>The bound's name as <see cref="AllOf"/> gives it.</summary>
    public string Bound { get; } = $"{policy.Name}.{number}";

    /// <returns>All numbers of policy classes, as <c>EngineLimits.TypesMax</c>.</returns>
    public static IEnumerable<string> AllOf(params IEnumerable<Type> policies) =>
        policies.SelectMany(policy =>
            policy
                .GetFields()
                .Select(field => (field.Name, field.FieldType))
                .Concat(policy.GetProperties().Select(property => (property.Name, FieldType: property.PropertyType)))
                .Where(member => Numbers.Contains(member.FieldType))
                .Select(member => $"{policy.Name}.{member.Name}")
        );

    /// <returns>The bounds that tests of the assembly name.</returns>
    public static IEnumerable<string> TestedIn(Assembly tests) =>
        tests
            .GetTypes()
            .SelectMany(type => type.GetMethods())
            .SelectMany(test => test.GetCustomAttributes<TestsBoundAttribute>())
            .Select(tested => tested.Bound);
}
