// Normalisation: of rows (layer norm, root mean square), each with its own moments, and of columns over a batch.
#include "defs/definition.hpp"
#include "kernels/row_walk.hpp"
#include "kernels/units.hpp"

namespace pynn::PYNN_LEVEL {
namespace {

// One row: z = (u - mean) rstd with rstd = 1 / sqrt(mean of (u - mean)^2 + eps); mean is 0 unless Centred.
template <class V, bool Centred>
struct RowsNormalized {
    using T = typename V::scalar;
    using Mask = typename V::Mask;

    struct Moments {
        V mean, rstd;
    };
    static PYNN_INLINE Moments moments(const RowWalk<V>& walk, size_t r, const T* u, V n, T eps) {
        V mean(0);
        if (Centred) {
            Lanes<V> sum(0);
            walk.each(r, [&](auto part) { sum.v[part.k] = sum.v[part.k] + part.or_else(part.load(u), V(0)); });
            mean = sum.sum() / n;
        }
        // What the rounded mean leaves over corrects it, and the mean of squares.
        Lanes<V> rest(0), squares(0);
        walk.each(r, [&](auto part) {
            const V x = part.or_else(part.load(u) - mean, V(0));
            if (Centred) rest.v[part.k] = rest.v[part.k] + x;
            squares.v[part.k] = fma(x, x, squares.v[part.k]);
        });
        const V off = Centred ? rest.sum() / n : V(0);
        return {mean + off, V(1) / sqrt(max(V(0), squares.sum() / n - off * off) + V(eps))};
    }

    static void forward(const T* u, T* z, size_t rows, size_t stride, size_t n, T eps) {
        const RowWalk<V> walk(stride, n);
        for (size_t r = 0; r < rows; ++r) {
            const Moments m = moments(walk, r, u, V(static_cast<T>(n)), eps);
            walk.each(r, [&](auto part) { part.store((part.load(u) - m.mean) * m.rstd, z); });
        }
    }

    static void backward(const T* u, const T* z, const T* g, T* delta, size_t rows, size_t stride, size_t n, T eps) {
        const RowWalk<V> walk(stride, n);
        const V count(static_cast<T>(n));
        for (size_t r = 0; r < rows; ++r) {
            const Moments m = moments(walk, r, u, count, eps);
            Lanes<V> of_g(0), of_gz(0);
            walk.each(r, [&](auto part) {
                const V gradient = part.or_else(part.load(g), V(0));
                if (Centred) of_g.v[part.k] = of_g.v[part.k] + gradient;
                of_gz.v[part.k] = fma(gradient, part.load(z), of_gz.v[part.k]);
            });
            const V mean_g = of_g.sum() / count, mean_gz = of_gz.sum() / count;
            walk.each(r, [&](auto part) {
                const V inner = fnma(part.load(z), mean_gz, part.load(g) - mean_g);
                part.store(inner * m.rstd, delta);
            });
        }
    }
};

// One panel of a batch, lane by lane, the rows in increasing order.
template <class V>
struct BatchNormalized {
    using T = typename V::scalar;
    static constexpr size_t width = panel_width<T>, lanes = V::lanes;

    static void moments(const T* u, size_t rows, T* mean, T* variance) {
        const V n(static_cast<T>(rows));
        for (size_t lane = 0; lane < width; lane += lanes) {
            V sum(0), rest(0), squares(0);
            for (size_t r = 0; r < rows; ++r) sum = sum + V::load(u + r * width + lane);
            const V m = sum / n;
            for (size_t r = 0; r < rows; ++r) {
                const V x = V::load(u + r * width + lane) - m;
                rest = rest + x;
                squares = fma(x, x, squares);
            }
            const V off = rest / n;  // what the rounded mean leaves over corrects it, and the mean of squares
            (m + off).store(mean + lane);
            max(V(0), fnma(off, off, squares / n)).store(variance + lane);
        }
    }
    static void normalize(const T* u, T* z, size_t rows, const T* mean, const T* rstd) {
        for (size_t lane = 0; lane < width; lane += lanes) {
            const V m = V::load(mean + lane), s = V::load(rstd + lane);
            for (size_t at = lane; at < rows * width; at += width) ((V::load(u + at) - m) * s).store(z + at);
        }
    }
    static void means(const T* g, const T* z, size_t rows, T* of_g, T* of_gz) {
        const V n(static_cast<T>(rows));
        for (size_t lane = 0; lane < width; lane += lanes) {
            V sum(0), products(0);
            for (size_t at = lane; at < rows * width; at += width) {
                sum = sum + V::load(g + at);
                products = fma(V::load(g + at), V::load(z + at), products);
            }
            (sum / n).store(of_g + lane);
            (products / n).store(of_gz + lane);
        }
    }
    static void backward(const T* g, const T* z, T* delta, size_t rows, const T* rstd, const T* mean_g,
                         const T* mean_gz) {
        for (size_t lane = 0; lane < width; lane += lanes) {
            const V s = V::load(rstd + lane), of_g = V::load(mean_g + lane), of_gz = V::load(mean_gz + lane);
            for (size_t at = lane; at < rows * width; at += width)
                (fnma(V::load(z + at), of_gz, V::load(g + at) - of_g) * s).store(delta + at);
        }
    }
};

template <class V, class T = typename V::scalar>
Normalizations<T> normalizations() {
    using Layer = RowsNormalized<V, true>;
    using RootMeanSquare = RowsNormalized<V, false>;
    using Batch = BatchNormalized<V>;
    return {{Layer::forward, Layer::backward},
            {RootMeanSquare::forward, RootMeanSquare::backward},
            {Batch::moments, Batch::normalize, Batch::means, Batch::backward}};
}

}  // namespace

Normalizations<float> normalizations_f32() { return normalizations<F32>(); }
Normalizations<double> normalizations_f64() { return normalizations<F64>(); }

}  // namespace pynn::PYNN_LEVEL
