"""Every formula of the library a second time: NumPy, float64, one line a function, nothing imported from pynncore."""
